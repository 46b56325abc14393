package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The checks that operations share, each with its message. */
public final class Check {
    private Check() {}

    /** An enum constant's name as an operation name. */
    public static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The attribute, which must not be null. */
    public static <T> T present(String op, String what, @Nullable T attribute) {
        if (attribute == null) {
            throw new TensorException(op + ": the " + what + " is null; give one");
        }
        return attribute;
    }

    /** A copy of a list attribute, which must neither be null nor hold null. */
    public static <T> List<T> list(String op, String what, @Nullable List<T> attribute) {
        List<T> list = new ArrayList<>(present(op, what, attribute));
        if (list.contains(null)) {
            throw new TensorException(op + ": null among the " + what + " " + list + "; give numbers");
        }
        return Collections.unmodifiableList(list);
    }

    /** Checks an attribute that names or counts dimensions. */
    public static void dim(String op, int dim) {
        if (dim < 0) {
            throw new TensorException(op + ": dimension " + dim
                    + " (expected 0 or more); operations count from 0, a tensor's methods also from the end");
        }
    }

    /** Checks an attribute that may be any number but NaN. */
    public static void number(String op, String what, double attribute) {
        if (Double.isNaN(attribute)) {
            throw new TensorException(op + ": the " + what + " is NaN; give a number");
        }
    }

    public static TensorSpec[] one(TensorSpec spec) {
        return new TensorSpec[] {spec};
    }

    public static void count(Op op, TensorSpec[] in, int expected) {
        count(op, in, expected, expected);
    }

    public static void count(Op op, TensorSpec[] in, int least, int most) {
        for (TensorSpec spec : in) {
            if (spec == null) {
                present(op.opName(), "specification of an operand", null);
            }
        }
        if (in.length < least || in.length > most) {
            throw new TensorException(op.opName() + ": got " + in.length + " operands " + Arrays.toString(in)
                    + " (expected " + (least == most ? least : least + " to " + most) + "); check the call");
        }
    }

    public static void dtype(Op op, TensorSpec in, Set<DType> allowed) {
        if (!allowed.contains(in.dtype())) {
            throw new TensorException(op.opName() + ": does not take " + in + " (expected one of "
                    + allowed.stream().map(Enum::name).collect(Collectors.joining(", ")) + "); cast with to(DType."
                    + allowed.iterator().next() + ")");
        }
    }

    /** Checks that all operands have the first one's type. */
    public static void sameDtype(Op op, TensorSpec... in) {
        for (TensorSpec spec : in) {
            if (spec.dtype() != in[0].dtype()) {
                throw new TensorException(op.opName() + ": mixed types: " + join(in) + " (" + in[0].dtype() + " and "
                        + spec.dtype() + "); cast one with to(DType." + in[0].dtype() + ") or to(DType." + spec.dtype()
                        + ")");
            }
        }
    }

    public static void rank(Op op, TensorSpec in, int least, int most, String meaning) {
        int rank = in.shape().rank();
        if (rank < least || rank > most) {
            throw new TensorException(op.opName() + ": got " + in + " of rank " + rank + " (expected rank "
                    + (least == most ? least : most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most)
                    + ": " + meaning + "); reshape it?");
        }
    }

    /** The error of operands that don't fit; made only where they don't, since its texts cost more than the check. */
    public static TensorException failure(Op op, String found, String remedy) {
        return new TensorException(op.opName() + ": " + found + "; " + remedy);
    }

    public static String join(TensorSpec... in) {
        return Arrays.stream(in).map(TensorSpec::toString).collect(Collectors.joining(" x "));
    }
}
