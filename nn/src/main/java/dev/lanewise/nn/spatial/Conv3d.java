package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;
import org.jspecify.annotations.Nullable;

/**
 * Three-dimensional convolution {@code [n, in, d, h, w] -> [n, out, od, oh, ow]}, with {@code weight [out, in / groups, q, r, s]}
 * and {@code bias [out]}; {@code od = floor((d + 2 padding - dilation (q - 1) - 1) / stride) + 1}, and the others likewise. It is
 * computed as a two-dimensional one whose channels are those of q slices: the input is copied q times.
 */
public final class Conv3d extends Layer {
    private final Window window;
    private final int groups;
    private final long in;
    private final long out;
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
    public Conv3d(long in, long out, int kernel) {
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
    public Conv3d(long in, long out, int kernel, int stride, int padding) {
        this(in, out, Window.of(kernel).stride(stride).padding(padding));
    }

    /**
     * A convolution with a bias, initialized from the global random stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @throws TensorException if a number of channels is negative, or the window is not one of three dimensions
     */
    public Conv3d(long in, long out, Window window) {
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
     * @throws TensorException if a number of channels is negative, the window is not one of three dimensions, or the
     *     groups do not divide both numbers of channels
     */
    public Conv3d(long in, long out, Window window, int groups) {
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
     * @throws TensorException if a number of channels is negative, the window is not one of three dimensions, or the
     *     groups do not divide both numbers of channels
     */
    public Conv3d(long in, long out, Window window, int groups, boolean withBias) {
        this(in, out, window, groups, withBias, Rng.global());
    }

    /**
     * A convolution with a bias and one group, whose initial values are drawn from the given stream.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @param rng gives the initial values
     * @throws TensorException if a number of channels is negative, or the window is not one of three dimensions
     */
    public Conv3d(long in, long out, Window window, Rng rng) {
        this(in, out, window, 1, true, rng);
    }

    /**
     * A convolution with all its options.
     *
     * @param in the number of input channels
     * @param out the number of output channels
     * @param window its size, stride, padding and dilation
     * @param groups the number of independent groups that the channels are divided into
     * @param withBias whether a bias is added
     * @param rng gives the initial values
     * @throws TensorException if a number of channels is negative, the window is not one of three dimensions, or the
     *     groups do not divide both numbers of channels
     */
    public Conv3d(long in, long out, Window window, int groups, boolean withBias, Rng rng) {
        this.in = in;
        this.out = out;
        this.window = Windows.convolution("conv3d", window, 3, false);
        this.groups = Kernels.groups("conv3d", groups, in, out);
        long channels = in / groups;
        long fanIn = channels * Kernels.elements(window, 3);
        weight = parameter("weight", Init.fanIn(rng, fanIn, Kernels.weight(window, out, channels, 3)));
        bias = withBias ? parameter("bias", Init.fanIn(rng, fanIn, out)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.conv3d(weight.tensor(), bias == null ? null : bias.tensor(), window, groups);
    }

    /** {@return the weight, {@code [out, in / groups, q, r, s]}} */
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
        return "in=" + in + ", out=" + out + ", " + Kernels.attributes(window, true) + ", groups=" + groups + ", bias="
                + (bias != null);
    }
}
