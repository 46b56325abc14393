package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Resampling;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions, pooling and resampling of a {@link Tensor} beside {@link NeuralMethods#conv2d}. Signals are
 * {@code [n, c, l]}, images {@code [n, c, h, w]}.
 */
public sealed interface ImageMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * One-dimensional convolution.
     *
     * @param weight {@code [k, c / groups, s]} for this {@code [n, c, l]}
     * @param bias {@code [k]}, or null
     */
    default Tensor conv1d(Tensor weight, @Nullable Tensor bias, int stride, int padding, int dilation, int groups) {
        Convolution2d conv = new Convolution2d(1, stride, 0, padding, 1, dilation, groups);
        return row("conv1d").conv2d(weight.unsqueeze(2), bias, conv).squeeze(2);
    }

    /**
     * Two-dimensional transposed convolution: what {@link Convolution2d} with the same attributes turns into this one's shape
     * grows back (Dumoulin and Visin 2016, arXiv:1603.07285). The height becomes
     * {@code (h - 1) stride - 2 padding + dilation (r - 1) + outputPadding + 1}.
     *
     * @param weight {@code [c, k / groups, r, s]} for this {@code [n, c, h, w]}
     * @param bias {@code [k]}, or null
     * @param outputPaddingH rows added at the lower end, less than the stride
     * @param outputPaddingW columns added at the right end, less than the stride
     */
    default Tensor convTranspose2d(
            Tensor weight, @Nullable Tensor bias, Convolution2d attributes, int outputPaddingH, int outputPaddingW) {
        if (self().shape().rank() != 4 || weight.shape().rank() != 4) {
            throw new TensorException("conv_transpose2d: input " + self().spec() + ", weight " + weight.spec()
                    + " (expected [n, c, h, w] and [c, k / groups, r, s]); reshape them?");
        }
        long h = (self().shape().size(2) - 1) * attributes.strideH()
                - 2L * attributes.paddingH()
                + attributes.dilationH() * (weight.shape().size(2) - 1)
                + outputPaddingH
                + 1;
        long w = (self().shape().size(3) - 1) * attributes.strideW()
                - 2L * attributes.paddingW()
                + attributes.dilationW() * (weight.shape().size(3) - 1)
                + outputPaddingW
                + 1;
        Tensor grown = Tensor.apply(new Convolution2dInputGrad(attributes, h, w), self(), weight);
        return bias == null ? grown : grown.add(bias.reshape(-1, 1, 1));
    }

    /** The largest element of every window of this {@code [n, c, l]}. */
    default Tensor maxPool1d(int kernel, int stride, int padding) {
        return row("max_pool1d")
                .maxPool2d(new PoolingWindow(1, kernel, 1, stride, 0, padding, false))
                .squeeze(2);
    }

    /** The mean of every window of this {@code [n, c, l]}; padding counts as zeros. */
    default Tensor avgPool1d(int kernel, int stride, int padding) {
        return row("avg_pool1d")
                .avgPool2d(new PoolingWindow(1, kernel, 1, stride, 0, padding, false), true)
                .squeeze(2);
    }

    /** The mean of windows that cut the image into {@code h} by {@code w}; they overlap where sizes don't divide. */
    default Tensor adaptiveAvgPool2d(long h, long w) {
        checkImage("adaptive_avg_pool2d", h, w);
        long height = self().shape().size(2);
        long width = self().shape().size(3);
        if (height % h == 0 && width % w == 0) {
            int kernelH = Math.toIntExact(height / h);
            int kernelW = Math.toIntExact(width / w);
            return self().avgPool2d(new PoolingWindow(kernelH, kernelW, kernelH, kernelW, 0, 0, false), true);
        }
        return Resampling.averages(Resampling.averages(wide(), 3, w), 2, h).to(self().dtype());
    }

    /** The largest elements of windows that cut the image into {@code h} by {@code w}. */
    default Tensor adaptiveMaxPool2d(long h, long w) {
        checkImage("adaptive_max_pool2d", h, w);
        Tensor rows = Resampling.windows(self().shape().size(2), h, self().device());
        Tensor columns = Resampling.windows(self().shape().size(3), w, self().device());
        return self().indexSelect(2, rows)
                .amax(new int[] {3}, false)
                .indexSelect(3, columns)
                .amax(new int[] {4}, false);
    }

    /** The image resized by repeating or dropping the nearest elements: {@code [n, c, h, w]}. */
    default Tensor interpolateNearest(long h, long w) {
        checkImage("interpolate_nearest", h, w);
        return self().indexSelect(2, Resampling.nearest(self().shape().size(2), h, self().device()))
                .indexSelect(3, Resampling.nearest(self().shape().size(3), w, self().device()));
    }

    /**
     * The image resized by interpolating linearly between the four neighbours: {@code [n, c, h, w]}.
     *
     * @param alignCorners whether the corners' centres, rather than their outer edges, stay where they are
     */
    default Tensor interpolateBilinear(long h, long w, boolean alignCorners) {
        checkImage("interpolate_bilinear", h, w);
        Tensor columns = Resampling.linear(wide(), 3, w, alignCorners);
        return Resampling.linear(columns, 2, h, alignCorners).to(self().dtype());
    }

    /** What images of 16 bits are computed in. */
    private Tensor wide() {
        DType dtype = self().dtype();
        return dtype == DType.F16 || dtype == DType.BF16 ? self().to(DType.F32) : self();
    }

    private Tensor row(String op) {
        if (self().shape().rank() != 3) {
            throw new TensorException(op + ": input " + self().spec() + " (expected [n, c, l]); reshape it?");
        }
        return self().unsqueeze(2);
    }

    private void checkImage(String op, long h, long w) {
        if (self().shape().rank() != 4 || self().shape().isEmpty() || h < 1 || w < 1) {
            throw new TensorException(op + ": input " + self().spec() + " to [" + h + ", " + w
                    + "] (expected [n, c, h, w] with elements, and sizes of 1 or more); check shape and sizes");
        }
    }
}
