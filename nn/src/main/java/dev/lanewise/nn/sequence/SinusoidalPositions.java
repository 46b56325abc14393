package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Adds {@link Positions#sinusoidal} to a sequence {@code [..., time, size]}; it has no parameters. */
public final class SinusoidalPositions extends Layer {
    private final int longest;
    private final Tensor table;

    /**
     * A layer for sequences up to a longest one, whose table is computed once.
     *
     * @param longest the maximum sequence length
     * @param size the number of features at each position
     * @throws TensorException if a number is negative, or the table has 2^31 numbers or more
     */
    public SinusoidalPositions(int longest, int size) {
        this.longest = longest;
        this.table = Positions.sinusoidal(longest, size).keep();
    }

    @Override
    protected Tensor compute(Tensor x) {
        long time =
                Positions.time("sinusoidal_positions", x, longest, table.shape().size(1));
        return x.add(table.narrow(0, 0, time).to(x.dtype()).to(x.device()));
    }

    @Override
    protected String attributes() {
        return longest + ", " + table.shape().size(1);
    }
}
