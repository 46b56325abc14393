package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.testkit.Elements;
import dev.lanewise.testkit.ReferenceBackend;
import java.util.Arrays;

/** The results that an operation must give, and their comparison with a backend's. */
final class Expectation {
    private static final Backend ORACLE = new ReferenceBackend();

    private Expectation() {}

    /** The oracle's results on the host; of a fused operation those of its decomposition in {@link DType#F64}. */
    static Tensor[] of(Op op, Tensor[] operands) {
        if (op instanceof Op.Fused fused) {
            return fused.decompose(Arrays.stream(operands)
                    .map(x -> x.dtype().isFloating() ? x.to(DType.F64) : x)
                    .toArray(Tensor[]::new));
        }
        Tensor[] host = Arrays.stream(operands).map(x -> x.to(Device.CPU)).toArray(Tensor[]::new);
        Tensor[] results = empty(op, host);
        ORACLE.execute(op, host, results);
        return results;
    }

    /** Runs the oracle on tensors of the host, into existing ones. */
    static void execute(Op op, Tensor[] operands, Tensor[] results) {
        ORACLE.execute(op, operands, results);
    }

    /** Tensors on the host for an operation's results. */
    static Tensor[] empty(Op op, Tensor[] operands) {
        TensorSpec[] specs = Arrays.stream(operands).map(Tensor::spec).toArray(TensorSpec[]::new);
        return Arrays.stream(op.infer(specs))
                .map(spec ->
                        Tensor.full(0, spec.dtype(), Device.CPU, spec.shape().toArray()))
                .toArray(Tensor[]::new);
    }

    /** Compares results with the expected ones. */
    static void check(Op op, Tensor[] operands, Tensor[] got, Tensor[] want, boolean extreme) {
        if (op == Linalg.QR || op == Linalg.SVD) {
            checkFactors(op, operands[0], got, want);
            return;
        }
        for (int i = 0; i < want.length; i++) {
            Tolerance tolerance = extreme ? Tolerance.extreme(op, got[i].dtype()) : Tolerance.of(op, got[i].dtype());
            check(op.opName() + " result " + i, got[i], want[i], tolerance);
        }
    }

    /** The factors are unique except for signs: their product must be the matrix, and their columns orthonormal. */
    private static void checkFactors(Op op, Tensor a, Tensor[] got, Tensor[] want) {
        Tolerance tolerance = Tolerance.of(op, a.dtype());
        Tensor q = got[0];
        Tensor product =
                op == Linalg.QR ? q.matmul(got[1]) : q.mul(got[1].unsqueeze(-2)).matmul(got[2]);
        check(op.opName() + " product of the factors", product, a, tolerance);
        Tensor gram = q.transpose().matmul(q);
        Tensor identity =
                Tensor.eye(gram.shape().size(-1), gram.dtype(), gram.device()).expand(gram.shape());
        check(op.opName() + " products of columns", gram, identity, tolerance);
        if (op == Linalg.SVD) {
            check(op.opName() + " singular values", got[1], want[1], tolerance);
        }
    }

    /** Compares one tensor. */
    static void check(String what, Tensor got, Tensor want, Tolerance tolerance) {
        if (!got.shape().equals(want.shape())) {
            throw new AssertionError(what + " has shape " + got.shape() + " (expected " + want.shape() + ")");
        }
        Elements x = Elements.of(got.to(Device.CPU));
        Elements y = Elements.of(want.to(Device.CPU));
        double largest = 1;
        for (long i = 0; i < y.count(); i++) {
            double magnitude = Math.abs(y.real(y.index(i)));
            largest = Double.isFinite(magnitude) ? Math.max(largest, magnitude) : largest;
        }
        for (long i = 0; i < y.count(); i++) {
            long[] at = y.index(i);
            boolean holds = got.dtype().isFloating()
                    ? holds(x.real(at), rounded(y.real(at), got.dtype()), tolerance, largest)
                    : x.integer(at) == y.integer(at);
            if (!holds) {
                throw new AssertionError(what + Arrays.toString(at) + " of " + got.spec() + " is " + number(x, at)
                        + " (expected " + number(y, at) + " within " + tolerance + ")");
            }
        }
    }

    private static boolean holds(double got, double want, Tolerance tolerance, double largest) {
        if (!Double.isFinite(want) || !Double.isFinite(got)) {
            return Double.isNaN(want) ? Double.isNaN(got) : want == got;
        }
        return Math.abs(got - want) <= tolerance.relative() * Math.abs(want) + tolerance.absolute() * largest;
    }

    /** A value beyond the range of a narrow type is an infinity there. */
    private static double rounded(double value, DType dtype) {
        return switch (dtype) {
            case F32, BF16 -> Math.abs(value) > Float.MAX_VALUE ? (float) value : value;
            case F16 -> Math.abs(value) > 65504 ? Float.float16ToFloat(Float.floatToFloat16((float) value)) : value;
            case F64, I8, U8, I32, I64, BOOL -> value;
        };
    }

    private static Object number(Elements x, long[] at) {
        return x.dtype().isFloating() ? (Object) x.real(at) : (Object) x.integer(at);
    }
}
