package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code x weight^T + bias}: {@code [..., in] -> [..., out]}, with {@code weight [out, in]} and {@code bias [out]}. */
public final class Linear extends Layer {
    private final long in;
    private final long out;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * A layer with bias, initialized from the global random stream.
     *
     * @param in the width of the input
     * @param out the width of the result
     */
    public Linear(long in, long out) {
        this(in, out, true, Rng.global());
    }

    /**
     * A layer with bias.
     *
     * @param in the width of the input
     * @param out the width of the result
     * @param rng gives the initial values
     */
    public Linear(long in, long out, Rng rng) {
        this(in, out, true, rng);
    }

    /**
     * A layer with or without bias.
     *
     * @param in the width of the input
     * @param out the width of the result
     * @param withBias whether a bias is added
     * @param rng gives the initial values
     */
    public Linear(long in, long out, boolean withBias, Rng rng) {
        this.in = in;
        this.out = out;
        weight = parameter("weight", Init.fanIn(rng, in, out, in));
        bias = withBias ? parameter("bias", Init.fanIn(rng, in, out)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.linear(weight.tensor(), bias == null ? null : bias.tensor());
    }

    /** The layer and a ReLU behind it in one operation. */
    Tensor computeWithRelu(Tensor x) {
        return x.linearRelu(weight.tensor(), bias == null ? null : bias.tensor());
    }

    /** {@return the weight, {@code [out, in]}} */
    public Parameter weight() {
        return weight;
    }

    /** {@return the bias, {@code [out]}, or null} */
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    protected String attributes() {
        return "in=" + in + ", out=" + out + ", bias=" + (bias != null);
    }
}
