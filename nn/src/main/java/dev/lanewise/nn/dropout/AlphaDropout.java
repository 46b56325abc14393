package dev.lanewise.nn.dropout;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * In training mode sets elements to SELU's least value at random, then scales and shifts all of them so that inputs with mean 0
 * and variance 1 keep that mean and variance (Klambauer et al. 2017, arXiv:1706.02515); in evaluation mode does nothing.
 */
public final class AlphaDropout extends Layer {
    /** Minus SELU's limit for large negative numbers: the product of its two constants. */
    private static final double LIMIT = -1.7580993408473766;

    private final double p;
    private final Rng rng;

    /**
     * A layer that draws from the global random stream.
     *
     * @param p the probability that an element is dropped, from 0 to 1
     * @throws TensorException if the probability is not from 0 to 1
     */
    public AlphaDropout(double p) {
        this(p, Rng.global());
    }

    /**
     * A layer with a random stream of its own.
     *
     * @param p the probability that an element is dropped, from 0 to 1
     * @param rng the source of random numbers
     * @throws TensorException if the probability is not from 0 to 1
     */
    public AlphaDropout(double p, Rng rng) {
        this.p = LayerSizes.dropProbability(p);
        this.rng = random(rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (!isTraining() || p == 0) {
            return x;
        }
        if (p == 1) {
            return x.dropout(p, rng);
        }
        double keep = 1 - p;
        double scale = 1 / Math.sqrt(keep + LIMIT * LIMIT * keep * p);
        double shift = -scale * LIMIT * p;
        Tensor kept = x.onesLike().dropout(p, rng).gt(0);
        return kept.where(x, x.zerosLike().add(LIMIT)).mul(scale).add(shift);
    }

    @Override
    protected String attributes() {
        return "p=" + p;
    }
}
