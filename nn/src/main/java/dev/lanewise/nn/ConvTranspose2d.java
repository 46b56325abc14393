package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Conv2d;
import org.jspecify.annotations.Nullable;

/**
 * Transposed convolution {@code [n, in, h, w] -> [n, out, oh, ow]}, with {@code weight [in, out / groups, kernel, kernel]}
 * and {@code bias [out]}; sizes as {@link dev.lanewise.tensor.ImageMethods#convTranspose2d} says.
 */
public final class ConvTranspose2d extends Module {
    private final Conv2d attributes;
    private final long in;
    private final long out;
    private final int kernel;
    private final int outputPadding;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * A layer with bias.
     *
     * @param outputPadding is added to the result's sizes at one side
     */
    public ConvTranspose2d(long in, long out, int kernel, int stride, int padding, int outputPadding, Rng rng) {
        this(in, out, kernel, new Conv2d(stride, padding), outputPadding, true, rng);
    }

    /**
     * A layer with all its attributes.
     *
     * @param attributes those of the convolution that it reverses
     * @param outputPadding is added to the result's sizes at one side, less than the stride
     */
    public ConvTranspose2d(
            long in, long out, int kernel, Conv2d attributes, int outputPadding, boolean withBias, Rng rng) {
        this.in = in;
        this.out = out;
        this.kernel = kernel;
        this.attributes = attributes;
        this.outputPadding = outputPadding;
        long channels = out / attributes.groups();
        long fanIn = channels * kernel * kernel;
        weight = parameter("weight", Init.fanIn(rng, fanIn, in, channels, kernel, kernel));
        bias = withBias ? parameter("bias", Init.fanIn(rng, fanIn, out)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.convTranspose2d(
                weight.tensor(), bias == null ? null : bias.tensor(), attributes, outputPadding, outputPadding);
    }

    @Override
    protected String attributes() {
        return "in=" + in + ", out=" + out + ", kernel=" + kernel + ", stride=" + attributes.strideH() + ", padding="
                + attributes.paddingH() + ", groups=" + attributes.groups() + ", bias=" + (bias != null);
    }
}
