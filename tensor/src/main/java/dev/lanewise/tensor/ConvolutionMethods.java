package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.spatial.Axis;
import dev.lanewise.tensor.internal.spatial.Channels;
import dev.lanewise.tensor.internal.spatial.Operands;
import dev.lanewise.tensor.internal.spatial.Volumes;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.spi.Windows;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of a {@link Tensor}: of signals {@code [n, c, l]}, images {@code [n, c, h, w]} and volumes
 * {@code [n, c, d, h, w]}. A {@link Window}, whose size is the kernel's, says how the kernel moves; the groups are
 * independent of each other. Without them, the stride is 1, and there is one group.
 *
 * <p>A convolution (cross-correlation, as in every framework) makes of each size
 * {@code floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1}. A transposed convolution is the gradient of
 * a convolution with the same window with respect to its input (Dumoulin and Visin 2016, arXiv:1603.07285): it makes of
 * each size {@code (size - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1}.
 */
public sealed interface ConvolutionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /** A window of a weight's last sizes, which moves by 1. */
    private static Window whole(Tensor weight) {
        Shape shape = weight.shape();
        int[] kernel = new int[Math.max(1, shape.rank() - 2)];
        for (int d = 0; d < kernel.length; d++) {
            kernel[d] = Math.toIntExact(shape.rank() > 2 ? shape.size(2 + d) : 1);
        }
        return Window.of(kernel);
    }

    private static Shape checked(String op, Tensor weight, int rank, String expected) {
        if (weight.shape().rank() != rank) {
            throw new TensorException(op + ": weight " + weight.spec() + " (expected " + expected + "); reshape it?");
        }
        return weight.shape();
    }

    /** The transposed convolution of which nothing is taken off, then its part of a given size, with zeros beyond it. */
    private Tensor wide(Tensor weight, Window window, int groups, long h, long w) {
        Window all = window.padding(0).outputPadding(0);
        Convolution2d attributes = Windows.convolution2d("conv_transpose2d", all, weight.shape(), groups, true);
        long height = Axis.of(all, 0, 1).covered(self().shape().size(2), "conv_transpose2d");
        long width = Axis.of(all, 1, 1).covered(self().shape().size(3), "conv_transpose2d");
        long above = Axis.of(window, 0, 1).padding();
        long before = Axis.of(window, 1, 1).padding();
        return Tensor.apply(new Convolution2dInputGrad(attributes, height, width), self(), weight)
                .pad(0, -before, w - width + before, -above, h - height + above);
    }

    private static Tensor[] operands(Tensor x, Tensor weight, @Nullable Tensor bias) {
        return bias == null ? new Tensor[] {x, weight} : new Tensor[] {x, weight, bias};
    }

    /** Signals as images of one row. */
    private Tensor row(String op) {
        if (self().shape().rank() != 3) {
            throw new TensorException(op + ": input " + self().spec() + " (expected [n, c, l]); reshape it?");
        }
        return self().unsqueeze(2);
    }

    /**
     * {@return the one-dimensional convolution with stride 1, without padding}
     *
     * @param weight {@code [k, c, s]} for this {@code [n, c, l]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if ranks, channels or types do not fit, or the kernel is larger than the input
     */
    default Tensor conv1d(Tensor weight, @Nullable Tensor bias) {
        return conv1d(weight, bias, whole(weight), 1);
    }

    /**
     * {@return the one-dimensional convolution of this {@code [n, c, l]} tensor: {@code [n, k, ol]}}
     *
     * @param weight {@code [k, c / groups, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code s}, with stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if ranks, channels, groups or types do not fit, or the kernel is larger than the padded
     *     input
     */
    default Tensor conv1d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        Shape sizes = checked("conv1d", weight, 3, "[k, c / groups, s]");
        Convolution2d conv = Windows.convolution2d("conv1d", window, sizes, groups, false);
        Tensor row = row("conv1d");
        Operands.checkConvolution("conv1d", self(), weight, bias, window, groups);
        return Tensor.apply(conv, operands(row, weight.unsqueeze(2), bias)).squeeze(2);
    }

    /**
     * {@return the two-dimensional convolution with stride 1, without padding: {@code [n, c, h, w] -> [n, k, h - r + 1,
     * w - s + 1]}}
     *
     * @param weight {@code [k, c, r, s]} for this {@code [n, c, h, w]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if sizes don't match, naming them
     */
    default Tensor conv2d(Tensor weight, @Nullable Tensor bias) {
        return Tensor.apply(new Convolution2d(1, 0), operands(self(), weight, bias));
    }

    /**
     * {@return the two-dimensional convolution of this {@code [n, c, h, w]} tensor: {@code [n, k, oh, ow]}}
     *
     * @param weight {@code [k, c / groups, r, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code [r, s]}, with stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if sizes don't match, naming them
     */
    default Tensor conv2d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        Shape sizes = checked("conv2d", weight, 4, "four dimensions");
        return Tensor.apply(
                Windows.convolution2d("conv2d", window, sizes, groups, false), operands(self(), weight, bias));
    }

    /**
     * The two-dimensional convolution followed by a ReLU, {@code relu(conv2d(x, weight) + bias)}, in one operation: the
     * result of {@code conv2d(weight, bias, window, groups).relu()} without a tensor in between. NaN stays NaN; where
     * the result is 0, gradients are 0.
     *
     * @param weight {@code [k, c / groups, r, s]} for this {@code [n, c, h, w]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code [r, s]}, with stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @return {@code [n, k, oh, ow]}, as {@link #conv2d(Tensor, Tensor, Window, int)} says
     * @throws TensorException if types differ or are not floating-point, or sizes don't match, naming them
     */
    default Tensor conv2dRelu(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        Shape sizes = checked("conv2d_relu", weight, 4, "four dimensions");
        Convolution2d conv = Windows.convolution2d("conv2d_relu", window, sizes, groups, false);
        return Tensor.apply(new Convolution2dRelu(conv), operands(self(), weight, bias));
    }

    /**
     * {@return the three-dimensional convolution with stride 1, without padding}
     *
     * @param weight {@code [k, c, q, r, s]} for this {@code [n, c, d, h, w]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if ranks, channels or types do not fit, or the kernel is larger than the input
     */
    default Tensor conv3d(Tensor weight, @Nullable Tensor bias) {
        return conv3d(weight, bias, whole(weight), 1);
    }

    /**
     * {@return the three-dimensional convolution of this {@code [n, c, d, h, w]} tensor: {@code [n, k, od, oh, ow]}} It is
     * computed as a two-dimensional one whose channels are those of q slices: the input is copied q times.
     *
     * @param weight {@code [k, c / groups, q, r, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code [q, r, s]}, with stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if ranks, channels, groups or types do not fit, or the kernel is larger than the padded
     *     input
     */
    default Tensor conv3d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        return Volumes.convolution("conv3d", self(), weight, bias, window, groups);
    }

    /**
     * {@return the one-dimensional transposed convolution with stride 1, without padding}
     *
     * @param weight {@code [c, k, s]} for this {@code [n, c, l]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if ranks, channels or types do not fit
     */
    default Tensor convTranspose1d(Tensor weight, @Nullable Tensor bias) {
        return convTranspose1d(weight, bias, whole(weight), 1);
    }

    /**
     * {@return the one-dimensional transposed convolution of this {@code [n, c, l]} tensor: {@code [n, k, ol]}}
     *
     * @param weight {@code [c, k / groups, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code s}, with stride, padding, dilation and output padding
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if ranks, channels, groups or types do not fit, or the window has too much padding
     */
    default Tensor convTranspose1d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        String op = "conv_transpose1d";
        Windows.convolution(op, window, checked(op, weight, 3, "[c, k / groups, s]"), true);
        Axis axis = Axis.of(window, 0, 1);
        Window row = Window.of(1, axis.kernel())
                .stride(1, axis.stride())
                .padding(0, axis.padding())
                .dilation(1, axis.dilation())
                .outputPadding(0, axis.outputPadding());
        Tensor images = row(op);
        if (groups > 0) {
            Operands.checkTransposed(op, self(), weight, bias, groups);
        }
        return images.convTranspose2d(weight.unsqueeze(2), bias, row, groups).squeeze(2);
    }

    /**
     * {@return the two-dimensional transposed convolution with stride 1, without padding}
     *
     * @param weight {@code [c, k, r, s]} for this {@code [n, c, h, w]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if ranks, channels or types do not fit
     */
    default Tensor convTranspose2d(Tensor weight, @Nullable Tensor bias) {
        return convTranspose2d(weight, bias, whole(weight), 1);
    }

    /**
     * {@return the two-dimensional transposed convolution of this {@code [n, c, h, w]} tensor: {@code [n, k, oh, ow]}}
     *
     * @param weight {@code [c, k / groups, r, s]}
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
        Operands.checkTransposed("conv_transpose2d", self(), weight, bias, groups);
        Axis rows = Axis.of(window, 0, 1);
        Axis columns = Axis.of(window, 1, 1);
        long h = rows.covered(self().shape().size(2), "conv_transpose2d");
        long w = columns.covered(self().shape().size(3), "conv_transpose2d");
        Tensor grown = rows.isReversed() && columns.isReversed()
                ? Tensor.apply(new Convolution2dInputGrad(attributes, h, w), self(), weight)
                : wide(weight, window, groups, h, w);
        return bias == null ? grown : grown.add(Channels.along("conv_transpose2d", grown, bias));
    }

    /**
     * {@return the three-dimensional transposed convolution with stride 1, without padding}
     *
     * @param weight {@code [c, k, q, r, s]} for this {@code [n, c, d, h, w]}
     * @param bias {@code [k]}, or null
     * @throws TensorException if ranks, channels or types do not fit
     */
    default Tensor convTranspose3d(Tensor weight, @Nullable Tensor bias) {
        return convTranspose3d(weight, bias, whole(weight), 1);
    }

    /**
     * {@return the three-dimensional transposed convolution of this {@code [n, c, d, h, w]} tensor:
     * {@code [n, k, od, oh, ow]}}
     *
     * @param weight {@code [c, k / groups, q, r, s]}
     * @param bias {@code [k]}, or null
     * @param window of the size {@code [q, r, s]}, with stride, padding, dilation and output padding
     * @param groups the number of independent groups that the channels are divided into
     * @throws TensorException if ranks, channels, groups or types do not fit, or the window has too much padding
     */
    default Tensor convTranspose3d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        return Volumes.transposed("conv_transpose3d", self(), weight, bias, window, groups);
    }
}
