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
        Volumes.check("conv3d", x, in);
        Volumes.checkPlaces("conv3d", x, window, 1);
        Axis depth = Axis.of(window, 0, 1);
        Tensor slices = depth.windows(x, 2, "conv3d");
        long od = slices.shape().size(2);
        long n = x.shape().size(0);
        // [n, c, od, q, h, w] -> images of c q channels
        Tensor images = slices.permute(0, 2, 1, 3, 4, 5)
                .reshape(
                        n * od,
                        in * depth.kernel(),
                        x.shape().size(3),
                        x.shape().size(4));
        Tensor w = weight.tensor();
        Tensor flat = w.reshape(
                out,
                w.shape().size(1) * depth.kernel(),
                w.shape().size(3),
                w.shape().size(4));
        Tensor y = images.conv2d(flat, bias == null ? null : bias.tensor(), Volumes.plane(window), groups);
        return y.reshape(n, od, out, y.shape().size(2), y.shape().size(3))
                .permute(0, 2, 1, 3, 4)
                .contiguous();
    }

    /** {@return the weight, {@code [out, in / groups, q, r, s]}} */
    public Parameter weight() {
        return weight;
    }

    /** {@return what is added to each channel of the result, {@code [out]}, or null} */
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    protected String attributes() {
        return "in=" + in + ", out=" + out + ", " + Kernels.attributes(window, true) + ", groups=" + groups + ", bias="
                + (bias != null);
    }
}
