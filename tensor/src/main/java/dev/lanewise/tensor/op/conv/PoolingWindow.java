package dev.lanewise.tensor.op.conv;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.op.Op;

/**
 * The window of a two-dimensional pooling over {@code [n, c, h, w]}.
 *
 * @param kernelH the window's height
 * @param kernelW the window's width
 * @param strideH the stride along the height
 * @param strideW the stride along the width
 * @param paddingH rows added on each side, at most half the kernel
 * @param paddingW columns added on each side, at most half the kernel
 * @param ceilMode whether a last, partial window is included; it must start inside the input or its leading padding
 */
public record PoolingWindow(
        int kernelH, int kernelW, int strideH, int strideW, int paddingH, int paddingW, boolean ceilMode) {
    /** Checks the attributes. */
    public PoolingWindow {
        if (kernelH < 1
                || kernelW < 1
                || strideH < 1
                || strideW < 1
                || paddingH < 0
                || paddingW < 0
                || paddingH > kernelH / 2
                || paddingW > kernelW / 2) {
            throw new TensorException(
                    "pool2d: kernel [" + kernelH + ", " + kernelW + "], stride [" + strideH + ", "
                            + strideW + "], padding [" + paddingH + ", " + paddingW
                            + "] (expected kernel and stride of 1 or more, padding from 0 to half the kernel); correct the window");
        }
    }

    /**
     * A square window whose stride is its size.
     *
     * @param kernel the height and width of the window, which is also how far it moves
     */
    public PoolingWindow(int kernel) {
        this(kernel, kernel, kernel, kernel, 0, 0, false);
    }

    /**
     * The output's height for an input's height.
     *
     * @param h the height of the input
     * @return the height of the output
     */
    public long outputH(long h) {
        return output(h, kernelH, strideH, paddingH);
    }

    /**
     * The output's width for an input's width.
     *
     * @param w the width of the input
     * @return the width of the output
     */
    public long outputW(long w) {
        return output(w, kernelW, strideW, paddingW);
    }

    private long output(long size, int kernel, int stride, int padding) {
        long room = Sizes.add("pool2d", size, 2L * padding) - kernel;
        long out = (ceilMode ? Math.ceilDiv(room, (long) stride) : Math.floorDiv(room, (long) stride)) + 1;
        return ceilMode && (out - 1) * stride >= size + padding ? out - 1 : out;
    }

    /** The result's shape for an input. */
    Shape infer(Op op, TensorSpec in) {
        Check.dtype(op, in, op.dtypes());
        Check.rank(op, in, 4, 4, "[n, c, h, w]");
        Shape shape = in.shape();
        if (shape.size(1) <= 0) {
            throw Check.failure(op, in + " has no channels", "give images [n, c, h, w] of one channel or more");
        }
        long oh = outputH(shape.size(2));
        long ow = outputW(shape.size(3));
        if (!(shape.size(2) > 0 && shape.size(3) > 0 && oh > 0 && ow > 0)) {
            throw Check.failure(
                    op,
                    "a window of [" + kernelH + ", " + kernelW + "] does not fit " + in,
                    "use a smaller window or more padding");
        }
        return Shape.of(shape.size(0), shape.size(1), oh, ow);
    }

    /** The input's shape, for backward operations; checks the gradient's shape. */
    Shape back(Op op, TensorSpec gradient, long h, long w) {
        Check.rank(op, gradient, 4, 4, "[n, c, oh, ow]");
        Shape shape = gradient.shape();
        if (!(shape.size(1) > 0 && h > 0 && w > 0 && shape.size(2) == outputH(h) && shape.size(3) == outputW(w))) {
            throw Check.failure(
                    op,
                    "gradient " + gradient + " is not of a pooling of [" + h + ", " + w + "]",
                    "check height, width and window");
        }
        return Shape.of(shape.size(0), shape.size(1), h, w);
    }
}
