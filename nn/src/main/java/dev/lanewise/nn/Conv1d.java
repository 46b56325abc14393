package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/** One-dimensional convolution {@code [n, in, l] -> [n, out, ol]}, with {@code weight [out, in, kernel]}. */
public final class Conv1d extends Module {
    private final int stride;
    private final int padding;
    private final Parameter weight;
    private final Parameter bias;

    /** With bias, initialized from the global random stream. */
    public Conv1d(long in, long out, int kernel, int stride, int padding) {
        this(in, out, kernel, stride, padding, Rng.global());
    }

    /** With bias. */
    public Conv1d(long in, long out, int kernel, int stride, int padding, Rng rng) {
        this.stride = stride;
        this.padding = padding;
        weight = parameter("weight", Init.fanIn(rng, in * kernel, out, in, kernel));
        bias = parameter("bias", Init.fanIn(rng, in * kernel, out));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.conv1d(weight.tensor(), bias.tensor(), stride, padding, 1, 1);
    }
}
