package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Rotates the queries and keys of attention {@code [..., time, size]} by their positions (see
 * {@link Positions#rotary}); it has no parameters. {@link MultiHeadAttention} accepts one.
 */
public final class RotaryPositions extends Layer {
    private final int longest;
    private final double base;
    private final double scaling;
    private final Positions.Rotation rotation;

    /**
     * A layer for sequences up to a longest one, whose angles are computed once.
     *
     * @param longest the maximum sequence length
     * @param size the width of a head, even
     * @throws TensorException if the size is odd, a number is negative, or the table has 2^31 numbers or more
     */
    public RotaryPositions(int longest, int size) {
        this(longest, size, Positions.BASE, 1);
    }

    /**
     * A layer for sequences up to a longest one, with frequencies of one's own: pair i of a head is turned by {@code
     * position / scaling * base^(-2 i / size)}.
     *
     * @param longest the maximum sequence length
     * @param size the width of a head, even
     * @param base above 0; larger ones turn more slowly, 10,000 is usual and 500,000 that of models for long texts
     * @param scaling what positions are divided by, above 0: sequences that are longer by this factor get the angles
     *     that the model knows (Chen et al. 2023, arXiv:2306.15595); 1 is usual
     * @throws TensorException if the size is odd, or a number out of range
     */
    public RotaryPositions(int longest, int size, double base, double scaling) {
        this.longest = longest;
        this.base = base;
        this.scaling = scaling;
        this.rotation = Positions.Rotation.of("rotary_positions", longest, size, base, scaling);
        rotation.cos().keep();
        rotation.sin().keep();
    }

    /**
     * Rotates a part of a sequence that does not begin at position 0.
     *
     * @param x queries or keys, {@code [..., time, size]}
     * @param first the position of the first of them
     * @return a new tensor of the same shape
     * @throws TensorException if the part ends beyond the longest sequence, or begins before 0
     */
    public Tensor forward(Tensor x, long first) {
        return called(() -> {
            if (first < 0 || first > longest) {
                throw new TensorException("rotary_positions: first position " + first + " (expected 0 to " + longest
                        + "); make the layer longer?");
            }
            long time = Positions.time("rotary_positions", x, Math.toIntExact(longest - first));
            return rotation.apply(x, first, time);
        });
    }

    @Override
    protected Tensor compute(Tensor x) {
        return rotation.apply(x, 0, Positions.time("rotary_positions", x, longest));
    }

    @Override
    protected String attributes() {
        String sizes = longest + ", " + 2 * rotation.cos().shape().size(1);
        return base == Positions.BASE && scaling == 1 ? sizes : sizes + ", base=" + base + ", scaling=" + scaling;
    }
}
