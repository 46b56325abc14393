package dev.lanewise.nn.dropout;

import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * In training mode zeroes whole channels of {@code [n, c, ...]} at random and scales the others by {@code 1 / (1 - p)}, because
 * neighbouring pixels say the same (Tompson et al. 2014, arXiv:1411.4280); else does nothing. Signals and volumes are dropped
 * alike.
 */
public final class Dropout2d extends Layer {
    private final double p;
    private final Rng rng;

    /**
     * Draws from the global random stream.
     *
     * @param p the probability of a channel to become 0, from 0 to below 1
     */
    public Dropout2d(double p) {
        this(p, Rng.global());
    }

    /**
     * A layer with a random stream of its own.
     *
     * @param p the probability of a channel to become 0, from 0 to below 1
     * @param rng where chance comes from
     */
    public Dropout2d(double p, Rng rng) {
        this.p = Dropout.checked(p);
        this.rng = random(rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() < 3) {
            throw new TensorException(
                    "dropout2d: input " + x.spec() + " (expected [n, c, ...] with channels); use Dropout?");
        }
        return isTraining() ? Dropped.times(x, 2, p, rng) : x;
    }

    @Override
    protected String attributes() {
        return "p=" + p;
    }
}
