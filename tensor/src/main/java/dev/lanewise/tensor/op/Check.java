package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The checks that operations share, each with its message. */
final class Check {
    private Check() {}

    /** An enum constant's name as an operation name. */
    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static TensorSpec[] one(TensorSpec spec) {
        return new TensorSpec[] {spec};
    }

    static void count(Op op, TensorSpec[] in, int expected) {
        count(op, in, expected, expected);
    }

    static void count(Op op, TensorSpec[] in, int least, int most) {
        if (in.length < least || in.length > most) {
            throw new TensorException(op.opName() + ": got " + in.length + " operands " + Arrays.toString(in)
                    + " (expected " + (least == most ? least : least + " to " + most) + "); check the call");
        }
    }

    static void dtype(Op op, TensorSpec in, Set<DType> allowed) {
        if (!allowed.contains(in.dtype())) {
            throw new TensorException(op.opName() + ": does not take " + in + " (expected one of "
                    + allowed.stream().map(Enum::name).collect(Collectors.joining(", ")) + "); cast with to(DType."
                    + allowed.iterator().next() + ")");
        }
    }

    /** All operands have the first one's type. */
    static void sameDtype(Op op, TensorSpec... in) {
        for (TensorSpec spec : in) {
            if (spec.dtype() != in[0].dtype()) {
                throw new TensorException(op.opName() + ": mixed types: " + join(in) + " (" + in[0].dtype() + " and "
                        + spec.dtype() + "); cast one with to(DType." + in[0].dtype() + ") or to(DType." + spec.dtype()
                        + ")");
            }
        }
    }

    static void rank(Op op, TensorSpec in, int least, int most, String meaning) {
        int rank = in.shape().rank();
        if (rank < least || rank > most) {
            throw new TensorException(op.opName() + ": got " + in + " of rank " + rank + " (expected rank "
                    + (least == most ? least : most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most)
                    + ": " + meaning + "); reshape it?");
        }
    }

    static void that(boolean holds, Op op, String found, String remedy) {
        if (!holds) {
            throw new TensorException(op.opName() + ": " + found + "; " + remedy);
        }
    }

    static String join(TensorSpec... in) {
        return Arrays.stream(in).map(TensorSpec::toString).collect(Collectors.joining(" x "));
    }
}
