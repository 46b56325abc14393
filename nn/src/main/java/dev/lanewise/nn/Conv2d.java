package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution {@code [n, in, h, w] -> [n, out, oh, ow]}, with {@code weight [out, in / groups, r, s]} and
 * {@code bias [out]}; sizes as {@link dev.lanewise.tensor.op.Conv2d} says.
 */
public final class Conv2d extends Module {
    private final dev.lanewise.tensor.op.Conv2d attributes;
    private final long in;
    private final long out;
    private final int kernel;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    /** Stride 1, no padding, with bias, initialized from the global random stream. */
    public Conv2d(long in, long out, int kernel) {
        this(in, out, kernel, 1, 0);
    }

    /** With bias, initialized from the global random stream. */
    public Conv2d(long in, long out, int kernel, int stride, int padding) {
        this(in, out, kernel, new dev.lanewise.tensor.op.Conv2d(stride, padding), true, Rng.global());
    }

    /**
     * A layer with all its attributes.
     *
     * @param kernel height and width of the kernel
     * @param attributes stride, padding, dilation and groups
     */
    public Conv2d(long in, long out, int kernel, dev.lanewise.tensor.op.Conv2d attributes, boolean withBias, Rng rng) {
        this.in = in;
        this.out = out;
        this.kernel = kernel;
        this.attributes = attributes;
        long channels = in / attributes.groups();
        long fanIn = channels * kernel * kernel;
        weight = parameter("weight", Init.fanIn(rng, fanIn, out, channels, kernel, kernel));
        bias = withBias ? parameter("bias", Init.fanIn(rng, fanIn, out)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.conv2d(weight.tensor(), bias == null ? null : bias.tensor(), attributes);
    }

    /** The weight, {@code [out, in / groups, kernel, kernel]}. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, {@code [out]}, or null. */
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    protected String attributes() {
        return "in=" + in + ", out=" + out + ", kernel=" + kernel + ", stride=" + attributes.strideH() + ", padding="
                + attributes.paddingH() + ", groups=" + attributes.groups() + ", bias=" + (bias != null);
    }
}
