package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention with several heads (Vaswani et al. 2017, arXiv:1706.03762) over {@code [n, time, size]}, with PyTorch's
 * names: {@code in_proj_weight [3 * size, size]}, {@code in_proj_bias}, {@code out_proj.weight}, {@code out_proj.bias}.
 */
public final class MultiHeadAttention extends Layer implements Prunable {
    private final long size;
    private final int heads;
    private final Parameter inWeight;
    private final Parameter inBias;
    private final Linear out;
    private final @Nullable RotaryPositions rotary;
    private final double dropout;
    private final Rng random;

    /**
     * A layer initialized from the global random stream. The heads must divide the size.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads
     * @throws TensorException if the heads don't divide the size, or the size is out of range
     */
    public MultiHeadAttention(long size, int heads) {
        this(size, heads, Rng.global());
    }

    /**
     * A layer; the heads must divide the size.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads
     * @param rng the source of the initial values
     * @throws TensorException if the heads don't divide the size, or the size is out of range
     */
    public MultiHeadAttention(long size, int heads, Rng rng) {
        this(size, heads, null, rng);
    }

    /**
     * A layer; the heads must divide the size.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads
     * @param rotary rotates queries and keys of self-attention by their positions, of width {@code size / heads}; or
     *     null
     * @param rng the source of the initial values
     * @throws TensorException if the heads don't divide the size, or the size is out of range
     */
    public MultiHeadAttention(long size, int heads, @Nullable RotaryPositions rotary, Rng rng) {
        this(size, heads, rotary, 0, rng);
    }

    /**
     * A layer; the heads must divide the size.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads
     * @param rotary rotates queries and keys of self-attention by their positions, of width {@code size / heads}; or
     *     null
     * @param dropout the probability that an attention weight is zeroed in training, drawn from the global random
     *     stream; with 0 attention is one fused operation
     * @param rng the source of the initial values
     * @throws TensorException if the heads don't divide the size, or the size is out of range
     */
    public MultiHeadAttention(long size, int heads, @Nullable RotaryPositions rotary, double dropout, Rng rng) {
        LayerSizes.checked("attention", "size", size);
        if (heads < 1 || size % heads != 0) {
            throw new TensorException("attention: " + heads + " heads for size " + size
                    + " (expected a number that divides the size); change one of them");
        }
        this.size = size;
        this.heads = heads;
        inWeight = parameter("in_proj_weight", Init.xavierUniform(rng, 3 * size, size));
        inBias = parameter("in_proj_bias", Tensor.zeros(3 * size));
        out = child("out_proj", new Linear(size, size, rng));
        this.rotary = rotary == null ? null : child("rotary", rotary);
        this.dropout = Dropout.checked(dropout);
        random = random(Rng.global());
    }

    /**
     * A mask that hides positions: PyTorch's {@code key_padding_mask}.
     *
     * @param ignored {@code [n, s]} of type BOOL, true where there is padding
     * @return {@code [n, 1, 1, s]} of type F32: minus infinity where there is padding, else 0
     */
    public static Tensor paddingMask(Tensor ignored) {
        Tensor zeros = Tensor.full(0, DType.F32, ignored.device()).expand(ignored.shape());
        return zeros.maskedFill(ignored, Double.NEGATIVE_INFINITY).unsqueeze(1).unsqueeze(1);
    }

    /**
     * The form of a mask that is added to scores of a type. Truth values follow PyTorch's layer of this name: true
     * where a query may not look; the operation itself takes the opposite, as in PyTorch.
     */
    private static @Nullable Tensor added(@Nullable Tensor mask, DType dtype) {
        if (mask != null && mask.dtype().isInteger()) {
            throw new TensorException(
                    "attention: mask " + mask.spec() + " (expected BOOL, true where a position may not"
                            + " look, or floating-point numbers, which are added to the scores); compare it: mask.eq(0)");
        }
        if (mask == null || mask.dtype().isFloating()) {
            return mask == null ? null : mask.to(dtype);
        }
        return mask.where(
                Tensor.full(Double.NEGATIVE_INFINITY, dtype, mask.device()), Tensor.full(0, dtype, mask.device()));
    }

    /** Attention of a sequence to itself. */
    @Override
    protected Tensor compute(Tensor x) {
        return self(x, null, false);
    }

    /**
     * Attention of a sequence to itself.
     *
     * @param x {@code [n, time, size]}
     * @param mask added to the scores {@code [n, heads, time, time]}, to which it broadcasts; or of type
     *     {@link DType#BOOL}, true where a position may not look, as in PyTorch's {@code MultiheadAttention} (in
     *     {@link Tensor#attention} it is true where one may, as in PyTorch's {@code scaled_dot_product_attention}); or
     *     null
     * @param causal whether a position sees only those up to itself
     * @return {@code [n, time, size]}
     */
    public Tensor selfAttention(Tensor x, @Nullable Tensor mask, boolean causal) {
        return called(() -> self(x, mask, causal));
    }

    private Tensor self(Tensor x, @Nullable Tensor mask, boolean causal) {
        Tensor projected = x.linear(inWeight.tensor(), inBias.tensor());
        long inner = projected.shape().size(-1) / 3;
        Tensor q = split(projected.narrow(-1, 0, inner));
        Tensor k = split(projected.narrow(-1, inner, inner));
        Tensor v = split(projected.narrow(-1, 2 * inner, inner));
        return rotary == null
                ? attend(q, k, v, mask, causal)
                : attend(rotary.forward(q), rotary.forward(k), v, mask, causal);
    }

    /**
     * Attention of one sequence {@code [n, l, size]} to another {@code [n, s, size]}.
     *
     * @param queries {@code [n, l, size]}
     * @param memory {@code [n, s, size]}
     * @param mask as for {@link #selfAttention}, for scores {@code [n, heads, l, s]}; or null
     * @return {@code [n, l, size]}
     */
    public Tensor crossAttention(Tensor queries, Tensor memory, @Nullable Tensor mask) {
        return called(() -> {
            Tensor weight = inWeight.tensor();
            Tensor bias = inBias.tensor();
            long inner = weight.shape().size(0) / 3;
            Tensor q = queries.linear(weight.narrow(0, 0, inner), bias.narrow(0, 0, inner));
            Tensor kv = memory.linear(weight.narrow(0, inner, 2 * inner), bias.narrow(0, inner, 2 * inner));
            return attend(split(q), split(kv.narrow(-1, 0, inner)), split(kv.narrow(-1, inner, inner)), mask, false);
        });
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, boolean causal) {
        Tensor attended = q.attention(k, v, added(mask, q.dtype()), causal, isTraining() ? dropout : 0, random);
        return out.forward(attended.transpose(1, 2).flatten(2));
    }

    /** {@code [n, time, inner] -> [n, heads, time, size / heads]}; heads may have been taken away. */
    private Tensor split(Tensor x) {
        long each = size / heads;
        Shape shape = x.shape();
        return x.reshape(shape.size(0), shape.size(1), shape.size(2) / each, each)
                .transpose(1, 2);
    }

    /** {@return the heads, as units that can be pruned} */
    @Override
    public List<Units> units() {
        int each = Math.toIntExact(size / heads);
        int count = Math.toIntExact(inWeight.leaf().shape().size(0) / (3L * each));
        return List.of(new Units(
                "heads",
                count,
                List.of(
                        new Units.Slices(inWeight, 0, each, 3),
                        new Units.Slices(inBias, 0, each, 3),
                        new Units.Slices(out.weight(), 1, each, 1)),
                List.of()));
    }
}
