package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One-dimensional convolution {@code [n, in, l] -> [n, out, ol]}, with {@code weight [out, in / groups, kernel]} and
 * {@code bias [out]}.
 */
public final class Conv1d extends Module {
    private final Attributes attributes;
    private final @Nullable Parameter bias;
    private final Parameter weight;
    private final long in;
    private final long out;
    private final int kernel;

    /**
     * How the kernel moves.
     *
     * @param stride the distance of two of its places
     * @param padding how many zeros on each side
     * @param dilation the distance of two elements that it sees
     * @param groups into how many independent parts the channels fall
     */
    public record Attributes(int stride, int padding, int dilation, int groups) {}

    /** With bias, initialized from the global random stream. */
    public Conv1d(long in, long out, int kernel, int stride, int padding) {
        this(in, out, kernel, stride, padding, Rng.global());
    }

    /** With bias. */
    public Conv1d(long in, long out, int kernel, int stride, int padding, Rng rng) {
        this(in, out, kernel, new Attributes(stride, padding, 1, 1), true, rng);
    }

    /** A layer with all its attributes. */
    public Conv1d(long in, long out, int kernel, Attributes attributes, boolean withBias, Rng rng) {
        this.in = in;
        this.out = out;
        this.kernel = kernel;
        this.attributes = attributes;
        long channels = in / attributes.groups;
        weight = parameter("weight", Init.fanIn(rng, channels * kernel, out, channels, kernel));
        bias = withBias ? parameter("bias", Init.fanIn(rng, channels * kernel, out)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.conv1d(
                weight.tensor(),
                bias == null ? null : bias.tensor(),
                attributes.stride,
                attributes.padding,
                attributes.dilation,
                attributes.groups);
    }

    @Override
    protected String attributes() {
        return "in=" + in + ", out=" + out + ", kernel=" + kernel + ", stride=" + attributes.stride + ", padding="
                + attributes.padding + ", groups=" + attributes.groups + ", bias=" + (bias != null);
    }
}
