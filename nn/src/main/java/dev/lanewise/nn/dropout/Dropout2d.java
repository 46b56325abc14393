package dev.lanewise.nn.dropout;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * In training mode zeroes whole channels of {@code [n, c, ...]} at random and scales the others by {@code 1 / (1 - p)}, because
 * neighbouring pixels say the same (Tompson et al. 2014, arXiv:1411.4280); in evaluation mode does nothing. Channels
 * of signals {@code [n, c, length]} and volumes {@code [n, c, depth, height, width]} are dropped in the same way.
 */
public final class Dropout2d extends Layer {
    private final double p;
    private final Rng rng;

    /**
     * A layer that draws from the global random stream.
     *
     * @param p the probability that a channel becomes 0, from 0 to 1
     * @throws TensorException if the probability is not from 0 to 1
     */
    public Dropout2d(double p) {
        this(p, Rng.global());
    }

    /**
     * A layer with a random stream of its own.
     *
     * @param p the probability that a channel becomes 0, from 0 to 1
     * @param rng the source of random numbers
     * @throws TensorException if the probability is not from 0 to 1
     */
    public Dropout2d(double p, Rng rng) {
        this.p = LayerSizes.dropProbability(p);
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
