package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * In training mode, zeroes elements at random and scales the others by {@code 1 / (1 - p)}; with p = 1 everything is 0. In
 * evaluation mode does nothing.
 */
public final class Dropout extends Layer {
    private final double p;
    private final Rng rng;

    /**
     * A layer that draws from the global random stream.
     *
     * @param p the probability that an element becomes 0, from 0 to 1
     * @throws TensorException if the probability is not from 0 to 1
     */
    public Dropout(double p) {
        this(p, Rng.global());
    }

    /**
     * A layer with a random stream of its own.
     *
     * @param p the probability that an element becomes 0, from 0 to 1
     * @param rng the source of random numbers
     * @throws TensorException if the probability is not from 0 to 1
     */
    public Dropout(double p, Rng rng) {
        this.p = LayerSizes.dropProbability(p);
        this.rng = random(rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return isTraining() ? x.dropout(p, rng) : x;
    }

    @Override
    protected String attributes() {
        return "p=" + p;
    }
}
