package dev.lanewise.nn.dropout;

import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/**
 * In training mode gives elements SELU's least value at random, then scales and shifts all so that mean and variance stay what
 * they are of numbers of mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515); else does nothing.
 */
public final class AlphaDropout extends Layer {
    /** Minus SELU's limit for large negative numbers: the product of its two constants. */
    private static final double LIMIT = -1.7580993408473766;

    private final double p;
    private final Rng rng;

    /**
     * Draws from the global random stream.
     *
     * @param p the probability of an element to be dropped, from 0 to below 1
     */
    public AlphaDropout(double p) {
        this(p, Rng.global());
    }

    /**
     * A layer with a random stream of its own.
     *
     * @param p the probability of an element to be dropped, from 0 to below 1
     * @param rng where chance comes from
     */
    public AlphaDropout(double p, Rng rng) {
        this.p = Dropout.checked(p);
        this.rng = random(rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (!isTraining() || p == 0) {
            return x;
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
