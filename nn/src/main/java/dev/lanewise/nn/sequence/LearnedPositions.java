package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Adds one trained vector per position to a sequence {@code [..., time, size]}, with {@code weight [longest, size]}.
 */
public final class LearnedPositions extends Layer {
    private static final double DEVIATION = 0.02;

    private final int longest;
    private final long size;
    private final Parameter weight;

    /**
     * A layer whose vectors start normal with a deviation of 0.02, drawn from the global random stream.
     *
     * @param longest the maximum sequence length
     * @param size the number of features at each position
     * @throws TensorException if a size is negative or above 2^48
     */
    public LearnedPositions(int longest, long size) {
        this(longest, size, Rng.global());
    }

    /**
     * A layer; its vectors start normal with a deviation of 0.02 (Radford et al. 2019, GPT-2).
     *
     * @param longest the maximum sequence length
     * @param size the number of features at each position
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or above 2^48
     */
    public LearnedPositions(int longest, long size, Rng rng) {
        this.longest = (int) LayerSizes.checked("learned_positions", "longest", longest);
        this.size = LayerSizes.checked("learned_positions", "size", size);
        weight = parameter("weight", Init.normal(rng, 0, DEVIATION, longest, size));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.add(weight.tensor().narrow(0, 0, Positions.time("learned_positions", x, longest, size)));
    }

    @Override
    protected String attributes() {
        return longest + ", " + size;
    }
}
