package dev.lanewise.nn.dropout;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * In training mode zeroes samples, or the whole batch, at random and scales the others by {@code 1 / (1 - p)}: put before the
 * sum of a residual block, it leaves out the block's branch (Huang et al. 2016, arXiv:1603.09382); else does nothing.
 */
public final class StochasticDepth extends Layer {
    /** What is left out at once. */
    public enum Mode {
        /** Each sample {@code x[i]} independently of the others. */
        ROW,
        /** All samples of a batch or none. */
        BATCH
    }

    private final double p;
    private final Mode mode;
    private final Rng rng;

    /**
     * A layer that draws from the global random stream.
     *
     * @param p the probability that a sample, or the batch, is left out, from 0 to 1
     * @param mode what is left out at once
     * @throws TensorException if the probability is not from 0 to 1
     */
    public StochasticDepth(double p, Mode mode) {
        this(p, mode, Rng.global());
    }

    /**
     * A layer with a random stream of its own.
     *
     * @param p the probability that a sample, or the batch, is left out, from 0 to 1
     * @param mode what is left out at once
     * @param rng the source of random numbers
     * @throws TensorException if the probability is not from 0 to 1
     */
    public StochasticDepth(double p, Mode mode, Rng rng) {
        Objects.requireNonNull(mode, "mode");
        this.p = LayerSizes.dropProbability(p);
        this.mode = mode;
        this.rng = random(rng);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return isTraining()
                ? Dropped.times(x, mode == Mode.ROW ? Math.min(1, x.shape().rank()) : 0, p, rng)
                : x;
    }

    @Override
    protected String attributes() {
        return "p=" + p + ", " + mode;
    }
}
