package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.testkit.Elements;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Whether results are the oracle's on operands of any spread. A sum may be off by the tolerance for the sizes of its
 * terms, not only for its own: equal numbers of both signs cancel, leaving their rounding errors.
 */
final class Agreement {
    private static final double MOST_TERMS = 1e5;

    private final Op op;
    private final Tensor[] operands;

    Agreement(Op op, Tensor[] operands) {
        this.op = op;
        this.operands = operands;
    }

    void check(Tensor[] got) {
        if (Arrays.stream(got).allMatch(result -> result.shape().isEmpty())) {
            // nothing was computed, so no position was looked at either
            return;
        }
        Tensor[] want;
        try {
            want = Expectation.of(op, operands);
        } catch (TensorException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new AssertionError("accepted what the oracle refuses: " + e.getMessage(), e);
        }
        if (meetsPadding(op, operands)) {
            return;
        }
        if (op == Linalg.QR || op == Linalg.SVD) {
            Expectation.check(op, operands, got, want, false);
            return;
        }
        Tensor @Nullable [] terms = Spreads.of(op).sums() && got[0].dtype().isFloating() ? terms() : null;
        for (int i = 0; i < want.length; i++) {
            check("result " + i, got[i], want[i], terms == null ? null : terms[i]);
        }
    }

    /**
     * Whether padding is multiplied by something that isn't finite, which gives 0 or NaN depending on the algorithm;
     * see docs/numerics.md.
     */
    private static boolean meetsPadding(Op op, Tensor[] operands) {
        return switch (op) {
            case Convolution2d conv -> pads(conv) && !isFinite(operands[1]);
            case Convolution2dRelu relu -> pads(relu.conv()) && !isFinite(operands[1]);
            case Convolution2dWeightGrad grad -> pads(grad.conv()) && !isFinite(operands[0]);
            default -> false;
        };
    }

    private static boolean pads(Convolution2d conv) {
        return conv.paddingH() + conv.paddingW() > 0;
    }

    private static boolean isFinite(Tensor tensor) {
        Elements elements = Elements.of(tensor.to(Device.CPU));
        for (long i = 0; i < elements.count(); i++) {
            if (!Double.isFinite(elements.real(elements.index(i)))) {
                return false;
            }
        }
        return true;
    }

    /** The sums of the terms' absolute values. */
    private Tensor[] terms() {
        Tensor[] sizes = Arrays.stream(operands)
                .map(t -> t.dtype().isFloating() ? sizes(t) : t)
                .toArray(Tensor[]::new);
        return Expectation.of(op, sizes);
    }

    private static Tensor sizes(Tensor tensor) {
        Tensor sizes = Tensor.full(0, DType.F64, Device.CPU, tensor.shape().toArray());
        Elements from = Elements.of(tensor.to(Device.CPU));
        Elements to = Elements.of(sizes);
        for (long i = 0; i < from.count(); i++) {
            long[] at = from.index(i);
            double size = Math.abs(from.real(at));
            to.set(Double.isFinite(size) ? size : 0, at);
        }
        return sizes;
    }

    private void check(String what, Tensor got, Tensor want, @Nullable Tensor terms) {
        DType dtype = got.dtype();
        if (!got.shape().equals(want.shape())) {
            throw new AssertionError(what + " has shape " + got.shape() + " (expected " + want.shape() + ")");
        }
        Elements x = Elements.of(got.to(Device.CPU));
        Elements y = Elements.of(want);
        Elements sizes = terms == null ? y : Elements.of(terms);
        boolean pointwise = terms == null && !(op instanceof Op.Fused);
        Tolerance tolerance =
                pointwise ? wider(Tolerance.of(op, dtype), Tolerance.extreme(op, dtype)) : Tolerance.of(op, dtype);
        double largest = terms == null ? largest(y) : 0;
        for (long i = 0; i < y.count(); i++) {
            long[] at = y.index(i);
            boolean holds = dtype.isFloating()
                    ? holds(
                            x.real(at),
                            y.real(at),
                            terms == null ? tolerance : ofTerms(tolerance),
                            Math.max(largest, Math.abs(sizes.real(at))),
                            dtype)
                    : x.integer(at) == y.integer(at);
            if (!holds) {
                throw new AssertionError(what + Arrays.toString(at) + " of " + got.spec() + " is "
                        + (dtype.isFloating()
                                ? x.real(at) + " (expected " + y.real(at)
                                : x.integer(at) + " (expected " + y.integer(at))
                        + " within " + tolerance + (terms == null ? "" : ", terms of " + sizes.real(at)) + ")");
            }
        }
    }

    /** For sums, the tolerance relative to a result's size applies to the size of its terms. */
    private static Tolerance ofTerms(Tolerance tolerance) {
        return new Tolerance(tolerance.relative(), Math.max(tolerance.relative(), tolerance.absolute()));
    }

    private static Tolerance wider(Tolerance a, Tolerance b) {
        return new Tolerance(Math.max(a.relative(), b.relative()), Math.max(a.absolute(), b.absolute()));
    }

    private double largest(Elements y) {
        double largest = 1;
        // a function of single elements does not see the others
        for (long i = 0; op instanceof Op.Fused && i < y.count(); i++) {
            double magnitude = Math.abs(y.real(y.index(i)));
            largest = Double.isFinite(magnitude) ? Math.max(largest, magnitude) : largest;
        }
        return largest;
    }

    private static boolean holds(double got, double want, Tolerance tolerance, double size, DType dtype) {
        // partial sums of such terms may leave the range though the whole, or the mean, does not
        double intermediate = range(dtype == DType.F64 ? dtype : DType.F32);
        boolean cancels = !Double.isFinite(want) || size >= Math.abs(want) * (1 - tolerance.relative());
        if (size > intermediate / MOST_TERMS && cancels || size > range(dtype) && !Double.isFinite(want)) {
            return true;
        }
        if (Double.isNaN(want)) {
            return Double.isNaN(got);
        }
        double limit = range(dtype);
        if (Math.abs(want) > limit * (1 - tolerance.relative())) {
            return got == Math.copySign(Double.POSITIVE_INFINITY, want)
                    || Double.isFinite(want) && Math.abs(got - want) <= 2 * tolerance.relative() * Math.abs(want);
        }
        double error = tolerance.relative() * Math.abs(want) + tolerance.absolute() * Math.max(1, size);
        return Math.abs(got - want) <= error || Double.isInfinite(got) && Math.abs(want) + error > limit;
    }

    private static double range(DType dtype) {
        return dtype == DType.F16 ? 65504 : dtype == DType.F64 ? Double.MAX_VALUE : Float.MAX_VALUE;
    }
}
