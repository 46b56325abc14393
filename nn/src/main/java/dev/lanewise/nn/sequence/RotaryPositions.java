package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;

/**
 * Rotates the queries and keys of attention {@code [..., time, size]} by their positions (see
 * {@link Positions#rotary}); it has no parameters. {@link MultiHeadAttention} accepts one.
 */
public final class RotaryPositions extends Layer {
    private final int longest;
    private final Positions.Rotation rotation;

    /**
     * A layer for sequences up to a longest one, whose angles are computed once.
     *
     * @param longest the maximum sequence length
     * @param size the width of a head, even
     */
    public RotaryPositions(int longest, int size) {
        this.longest = longest;
        this.rotation = Positions.Rotation.of("rotary_positions", longest, size);
        rotation.cos().keep();
        rotation.sin().keep();
    }

    @Override
    protected Tensor compute(Tensor x) {
        return rotation.apply(x, Positions.time("rotary_positions", x, longest));
    }

    @Override
    protected String attributes() {
        return longest + ", " + 2 * rotation.cos().shape().size(1);
    }
}
