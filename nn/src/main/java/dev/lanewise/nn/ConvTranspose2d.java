package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Conv2d;

/** Transposed convolution {@code [n, in, h, w] -> [n, out, oh, ow]}, with {@code weight [in, out, kernel, kernel]}. */
public final class ConvTranspose2d extends Module {
    private final Conv2d attributes;
    private final int outputPadding;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * A layer with bias.
     *
     * @param outputPadding is added to the result's sizes at one side
     */
    public ConvTranspose2d(long in, long out, int kernel, int stride, int padding, int outputPadding, Rng rng) {
        this.attributes = new Conv2d(stride, padding);
        this.outputPadding = outputPadding;
        long fanIn = out * kernel * kernel;
        weight = parameter("weight", Init.fanIn(rng, fanIn, in, out, kernel, kernel));
        bias = parameter("bias", Init.fanIn(rng, fanIn, out));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.convTranspose2d(weight.tensor(), bias.tensor(), attributes, outputPadding, outputPadding);
    }
}
