package dev.lanewise.nn;

import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution {@code [n, in, h, w] -> [n, out, oh, ow]}, with {@code weight [out, in / groups, r, s]}
 * and {@code bias [out]}; {@code oh = floor((h + 2 padding - dilation (r - 1) - 1) / stride) + 1}, and {@code ow}
 * likewise.
 */
public final class Conv2d extends Layer {
    private final Window window;
    private final int groups;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * A convolution with a stride of 1, no padding and a bias, initialized from the global random stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param kernel the size of the window in every direction
     * @throws TensorException if a number of channels is negative, or the kernel is not at least 1
     */
    public Conv2d(long in, long out, int kernel) {
        this(in, out, kernel, 1, 0);
    }

    /**
     * A convolution with a bias, initialized from the global random stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param kernel the size of the window in every direction
     * @param stride the distance between neighbouring positions of the window
     * @param padding how many zeros are added on each side
     * @throws TensorException if a number of channels or the padding is negative, or kernel or stride is not at least 1
     */
    public Conv2d(long in, long out, int kernel, int stride, int padding) {
        this(in, out, Window.of(kernel).stride(stride).padding(padding));
    }

    /**
     * A convolution with a bias, initialized from the global random stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @throws TensorException if a number of channels is negative, or the window is not one of two dimensions
     */
    public Conv2d(long in, long out, Window window) {
        this(in, out, window, Rng.global());
    }

    /**
     * A convolution with a bias, initialized from the global random stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into; as many as channels for a depthwise
     *     convolution
     * @throws TensorException if a number of channels is negative, the window is not one of two dimensions, or the
     *     groups do not divide both numbers of channels
     */
    public Conv2d(long in, long out, Window window, int groups) {
        this(in, out, window, groups, true, Rng.global());
    }

    /**
     * A convolution with all its options, initialized from the global random stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @param withBias whether a bias is added
     * @throws TensorException if a number of channels is negative, the window is not one of two dimensions, or the
     *     groups do not divide both numbers of channels
     */
    public Conv2d(long in, long out, Window window, int groups, boolean withBias) {
        this(in, out, window, groups, withBias, Rng.global());
    }

    /**
     * A convolution with a bias and one group, whose initial values are drawn from the given stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @param rng the source of the initial values
     * @throws TensorException if a number of channels is negative, or the window is not one of two dimensions
     */
    public Conv2d(long in, long out, Window window, Rng rng) {
        this(in, out, window, 1, true, rng);
    }

    /**
     * A convolution with all its options.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window kernel, stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @param withBias whether a bias is added
     * @param rng the source of the initial values
     * @throws TensorException if a number of channels is negative, the window is not one of two dimensions, or the
     *     groups do not divide both numbers of channels
     */
    public Conv2d(long in, long out, Window window, int groups, boolean withBias, Rng rng) {
        this.window = Windows.convolution("conv2d", window, 2, false);
        this.groups = Kernels.groups("conv2d", groups, in, out);
        long channels = in / groups;
        long fanIn = channels * Kernels.elements(window, 2);
        weight = parameter("weight", Init.fanIn(rng, fanIn, Kernels.weight(window, out, channels, 2)));
        bias = withBias ? parameter("bias", Init.fanIn(rng, fanIn, out)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.conv2d(weight.tensor(), bias == null ? null : bias.tensor(), window, groups);
    }

    /** The layer followed by a ReLU, in one operation. */
    Tensor computeWithRelu(Tensor x) {
        return x.conv2dRelu(weight.tensor(), bias == null ? null : bias.tensor(), window, groups);
    }

    /** {@return the weight, {@code [out, in / groups, r, s]}} */
    public Parameter weight() {
        return weight;
    }

    /** {@return what is added to each channel of the result, {@code [out]}, or null} */
    public @Nullable Parameter bias() {
        return bias;
    }

    /** {@return the number of independent groups that the channels are divided into} */
    public int groups() {
        return groups;
    }

    /** {@return kernel, stride, padding and dilation} */
    public Window window() {
        return window;
    }

    @Override
    protected String attributes() {
        Shape sizes = weight.leaf().shape();
        return "in=" + sizes.size(1) * groups + ", out=" + sizes.size(0) + ", " + Kernels.attributes(window, true)
                + ", groups=" + groups + ", bias=" + (bias != null);
    }
}
