package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Two-dimensional convolution (cross-correlation, as in every framework). Operands: input {@code [n, c, h, w]}, weight
 * {@code [k, c / groups, r, s]} and optionally a bias {@code [k]}; result {@code [n, k, oh, ow]}.
 *
 * @param strideH the vertical stride of the window, 1 or more
 * @param strideW the horizontal stride, 1 or more
 * @param paddingH how many rows of zeros are added above and below
 * @param paddingW how many columns of zeros are added on the left and on the right
 * @param dilationH the vertical distance between neighbouring elements that the window sees, 1 or more
 * @param dilationW the horizontal distance, 1 or more
 * @param groups the number of independent groups that the channels are divided into
 */
public record Convolution2d(
        int strideH, int strideW, int paddingH, int paddingW, int dilationH, int dilationW, int groups) implements Op {
    /** Checks the attributes. */
    public Convolution2d {
        if (strideH < 1
                || strideW < 1
                || dilationH < 1
                || dilationW < 1
                || groups < 1
                || paddingH < 0
                || paddingW < 0) {
            throw new TensorException("conv2d: stride [" + strideH + ", " + strideW + "], padding [" + paddingH + ", "
                    + paddingW + "], dilation [" + dilationH + ", " + dilationW + "], groups " + groups
                    + " (expected padding of 0 or more, all others 1 or more); correct the attributes");
        }
    }

    /**
     * A convolution with equal attributes for both dimensions, dilation 1 and one group.
     *
     * @param stride the stride of the window, in both directions
     * @param padding how many zeros are added on each side
     */
    public Convolution2d(int stride, int padding) {
        this(stride, stride, padding, padding, 1, 1, 1);
    }

    /**
     * The output's size for an input's and a kernel's size along the height.
     *
     * @param h the height of the input
     * @param r the height of the weight
     * @return the height of the output
     */
    public long outputH(long h, long r) {
        return output(h, r, paddingH, dilationH, strideH);
    }

    /**
     * The output's size for an input's and a kernel's size along the width.
     *
     * @param w the width of the input
     * @param s the width of the weight
     * @return the width of the output
     */
    public long outputW(long w, long s) {
        return output(w, s, paddingW, dilationW, strideW);
    }

    private static long output(long size, long kernel, int padding, int dilation, int stride) {
        long span = Sizes.multiply("conv2d", dilation, kernel - 1);
        return (Sizes.add("conv2d", size, 2L * padding) - span - 1) / stride + 1;
    }

    /** Whether a kernel lies inside the padded input. */
    private static boolean fits(long size, long kernel, int padding, int dilation) {
        return size > 0
                && kernel > 0
                && Sizes.multiply("conv2d", dilation, kernel - 1) < Sizes.add("conv2d", size, 2L * padding);
    }

    @Override
    public String opName() {
        return "conv2d";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        return inferFor(this, in);
    }

    /** The result's type and shape; messages name an operation that contains this one. */
    TensorSpec[] inferFor(Op named, TensorSpec... in) {
        Check.count(named, in, 2, 3);
        Check.sameDtype(named, in);
        Check.dtype(named, in[0], dtypes());
        Check.rank(named, in[0], 4, 4, "input [n, c, h, w]");
        Check.rank(named, in[1], 4, 4, "weight [k, c / groups, r, s]");
        Shape x = in[0].shape();
        Shape w = in[1].shape();
        if (!(x.size(1) > 0 && x.size(1) == Sizes.multiply(named.opName(), w.size(1), groups))) {
            throw Check.failure(
                    named,
                    "input " + x + " has " + x.size(1) + " channels, weight " + w
                            + (groups == 1 ? "" : " in " + groups + " groups") + " takes " + w.size(1) * groups,
                    "is the input [n, c, h, w]?");
        }
        if (!(w.size(0) > 0 && w.size(0) % groups == 0)) {
            throw Check.failure(
                    named,
                    "weight " + w + " has " + w.size(0) + " output channels for " + groups + " groups",
                    "the groups must divide them");
        }
        if (!(fits(x.size(2), w.size(2), paddingH, dilationH) && fits(x.size(3), w.size(3), paddingW, dilationW))) {
            throw Check.failure(
                    named,
                    "weight " + w + " with dilation [" + dilationH + ", " + dilationW + "] does not fit input " + x
                            + " with padding [" + paddingH + ", " + paddingW + "]",
                    "use a smaller kernel or more padding");
        }
        if (in.length == 3) {
            if (!in[2].shape().equals(Shape.of(w.size(0)))) {
                throw Check.failure(
                        named, "bias " + in[2].shape() + " for weight " + w, "the bias must be [" + w.size(0) + "]");
            }
        }
        return Check.one(in[0].with(
                Shape.of(x.size(0), w.size(0), outputH(x.size(2), w.size(2)), outputW(x.size(3), w.size(3)))));
    }
}
