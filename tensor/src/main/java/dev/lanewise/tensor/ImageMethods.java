package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Resampling;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.spi.Windows;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions, pooling and resampling of a {@link Tensor}, in addition to {@link NeuralMethods#conv2d}. Signals are
 * {@code [n, c, l]}, images {@code [n, c, h, w]}.
 */
public sealed interface ImageMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the one-dimensional convolution with stride 1, without padding}
     *
     * @param weight {@code [k, c, s]} for this {@code [n, c, l]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if ranks, channels, groups or types do not fit, or the kernel is larger than the padded
     *     input
     */
    default Tensor conv1d(Tensor weight, @Nullable Tensor bias) {
        return conv1d(weight, bias, Window.of(Math.toIntExact(signal(weight).size(2))), 1);
    }

    /**
     * {@return the one-dimensional convolution (cross-correlation) of this {@code [n, c, l]} tensor}
     *
     * @param weight {@code [k, c / groups, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code s}, with stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if ranks, channels, groups or types do not fit, or the kernel is larger than the padded
     *     input
     */
    default Tensor conv1d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        Convolution2d conv = Windows.convolution2d("conv1d", window, signal(weight), groups, false);
        Tensor[] operands = bias == null
                ? new Tensor[] {row("conv1d"), weight.unsqueeze(2)}
                : new Tensor[] {row("conv1d"), weight.unsqueeze(2), bias};
        return Tensor.apply(conv, operands).squeeze(2);
    }

    private static Shape signal(Tensor weight) {
        if (weight.shape().rank() != 3) {
            throw new TensorException(
                    "conv1d: weight " + weight.spec() + " (expected [k, c / groups, s]); reshape it?");
        }
        return weight.shape();
    }

    /**
     * {@return the two-dimensional transposed convolution: the gradient of a convolution with the same window with respect to
     * its input (Dumoulin and Visin 2016, arXiv:1603.07285)} The height becomes {@code (h - 1) stride - 2 padding +
     * dilation (r - 1) + outputPadding + 1}.
     *
     * @param weight {@code [c, k / groups, r, s]} for this {@code [n, c, h, w]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code [r, s]}, with stride, padding, dilation and output padding
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if ranks, channels, groups or types do not fit, or the window has too much padding
     */
    default Tensor convTranspose2d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        if (self().shape().rank() != 4 || weight.shape().rank() != 4) {
            throw new TensorException("conv_transpose2d: input " + self().spec() + ", weight " + weight.spec()
                    + " (expected [n, c, h, w] and [c, k / groups, r, s]); reshape them?");
        }
        Convolution2d attributes = Windows.convolution2d("conv_transpose2d", window, weight.shape(), groups, true);
        long h = (self().shape().size(2) - 1) * attributes.strideH()
                - 2L * attributes.paddingH()
                + attributes.dilationH() * (weight.shape().size(2) - 1)
                + Windows.at(window.outputPadding(), 0)
                + 1;
        long w = (self().shape().size(3) - 1) * attributes.strideW()
                - 2L * attributes.paddingW()
                + attributes.dilationW() * (weight.shape().size(3) - 1)
                + Windows.at(window.outputPadding(), 1)
                + 1;
        Tensor grown = Tensor.apply(new Convolution2dInputGrad(attributes, h, w), self(), weight);
        return bias == null ? grown : grown.add(bias.reshape(-1, 1, 1));
    }

    /**
     * {@return the largest element of every window of this {@code [n, c, l]} tensor; NaN if the window holds one}
     *
     * @param window its size, stride and padding
     * @throws TensorException if the tensor is not {@code [n, c, l]}, or the window does not fit it
     */
    default Tensor maxPool1d(Window window) {
        Tensor row = row("max_pool1d");
        return Tensor.applyAll(new MaxPooling2d(Windows.pooling2d("max_pool1d", window, 1)), row)[0].squeeze(2);
    }

    /**
     * {@return the mean of every window of this {@code [n, c, l]} tensor}
     *
     * @param window its size, stride and padding
     * @param countIncludePad whether padding counts as zeros rather than not at all
     * @throws TensorException if the tensor is not {@code [n, c, l]}, or the window does not fit it
     */
    default Tensor avgPool1d(Window window, boolean countIncludePad) {
        Tensor row = row("avg_pool1d");
        return row.apply(new AveragePooling2d(Windows.pooling2d("avg_pool1d", window, 1), countIncludePad))
                .squeeze(2);
    }

    /**
     * {@return the means of windows that divide the image into {@code h} by {@code w} parts; windows overlap where the
     * sizes don't divide evenly}
     *
     * @param h the height of the result
     * @param w the width of the result
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor adaptiveAvgPool2d(long h, long w) {
        checkImage("adaptive_avg_pool2d", h, w);
        long height = self().shape().size(2);
        long width = self().shape().size(3);
        if (height % h == 0 && width % w == 0) {
            int kernelH = Math.toIntExact(height / h);
            int kernelW = Math.toIntExact(width / w);
            return self().avgPool2d(Window.of(kernelH, kernelW), true);
        }
        return Resampling.averages(Resampling.averages(wide(), 3, w), 2, h).to(self().dtype());
    }

    /**
     * {@return the largest elements of windows that divide the image into {@code h} by {@code w} parts}
     *
     * <p>As in {@code maxPool2d}, the gradient of a window goes to the first of its largest elements, row by row.
     *
     * @param h the height of the result
     * @param w the width of the result
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor adaptiveMaxPool2d(long h, long w) {
        checkImage("adaptive_max_pool2d", h, w);
        Tensor rows = Resampling.windows(self().shape().size(2), h, self().device());
        Tensor columns = Resampling.windows(self().shape().size(3), w, self().device());
        // Along columns first: of equal elements, the first of the first row is the one that gets the gradient.
        Tensor narrow = self().indexSelect(3, columns).max(4).values();
        return narrow.indexSelect(2, rows).max(3).values();
    }

    /**
     * {@return the image, resized by repeating or dropping the nearest elements: {@code [n, c, h, w]}}
     *
     * @param h the height of the result
     * @param w the width of the result
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor interpolateNearest(long h, long w) {
        checkImage("interpolate_nearest", h, w);
        return self().indexSelect(2, Resampling.nearest(self().shape().size(2), h, self().device()))
                .indexSelect(3, Resampling.nearest(self().shape().size(3), w, self().device()));
    }

    /**
     * {@return the image, resized by interpolating linearly between the four neighbours: {@code [n, c, h, w]}}
     *
     * @param h the height of the result
     * @param w the width of the result
     * @param alignCorners whether the corners' centres, rather than their outer edges, stay where they are
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor interpolateBilinear(long h, long w, boolean alignCorners) {
        checkImage("interpolate_bilinear", h, w);
        Tensor columns = Resampling.linear(wide(), 3, w, alignCorners);
        return Resampling.linear(columns, 2, h, alignCorners).to(self().dtype());
    }

    /** The type that 16-bit images are computed in. */
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
        if (self().shape().rank() != 4
                || self().shape().isEmpty()
                || Math.min(h, w) < 1
                || Math.max(h, w) > Resampling.LARGEST_SIDE) {
            throw new TensorException(op + ": input " + self().spec() + " to [" + h + ", " + w
                    + "] (expected [n, c, h, w] with elements, and sizes from 1 to " + Resampling.LARGEST_SIDE
                    + "); check shape and sizes");
        }
    }
}
