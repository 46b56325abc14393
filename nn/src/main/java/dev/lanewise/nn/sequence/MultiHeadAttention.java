package dev.lanewise.nn.sequence;

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
    private final int keyHeads;
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
        this(size, heads, heads, rotary, dropout, rng);
    }

    /**
     * A layer in which several heads of queries share one of keys and values (Ainslie et al. 2023, arXiv:2305.13245):
     * head h of the keys is that of heads {@code h * heads / keyHeads} and following of the queries. Keys and values are
     * not copied. {@code in_proj_weight} is then {@code [size + 2 * keyHeads * size / heads, size]}.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads, which must divide the size
     * @param keyHeads the number of heads of keys and values, which must divide the heads
     * @param rotary rotates queries and keys of self-attention by their positions, of width {@code size / heads}; or
     *     null
     * @param dropout the probability that an attention weight is zeroed in training, drawn from the global random
     *     stream; with 0 attention is a fused operation
     * @param rng the source of the initial values
     * @throws TensorException if the heads don't divide the size, or the heads of keys those of queries, or the size
     *     is out of range
     */
    public MultiHeadAttention(
            long size, int heads, int keyHeads, @Nullable RotaryPositions rotary, double dropout, Rng rng) {
        LayerSizes.checked("attention", "size", size);
        if (heads < 1 || size % heads != 0) {
            throw new TensorException("attention: " + heads + " heads for size " + size
                    + " (expected a number that divides the size); change one of them");
        }
        if (keyHeads < 1 || heads % keyHeads != 0) {
            throw new TensorException("attention: " + keyHeads + " heads of keys for " + heads
                    + " of queries (expected a number that divides them); change one of them");
        }
        this.size = size;
        this.heads = heads;
        this.keyHeads = keyHeads;
        long rows = size + 2L * keyHeads * (size / heads);
        inWeight = parameter("in_proj_weight", Init.xavierUniform(rng, rows, size));
        inBias = parameter("in_proj_bias", Tensor.zeros(rows));
        out = child("out_proj", new Linear(size, size, rng));
        this.rotary = rotary == null ? null : child("rotary", rotary);
        this.dropout = LayerSizes.dropProbability(dropout);
        random = random(Rng.global());
    }

    /**
     * A mask that hides positions: PyTorch's {@code key_padding_mask}. Of the {@code attention_mask} of Hugging Face's
     * tokenizers, which is 1 where there is a token, it is {@code paddingMask(mask.eq(0))}.
     *
     * @param ignored {@code [n, s]} of type BOOL, true where there is padding
     * @return {@code [n, 1, 1, s]} of type F32: minus infinity where there is padding, else 0
     * @throws TensorException if the argument is not BOOL or has other dimensions
     */
    public static Tensor paddingMask(Tensor ignored) {
        if (ignored.dtype() != DType.BOOL || ignored.shape().rank() != 2) {
            throw new TensorException("paddingMask: " + ignored.spec()
                    + " (expected BOOL [n, s], true where there is padding); of a mask that is 1 where there is a token, as"
                    + " Hugging Face's attention_mask, make it with mask.eq(0), of one that is 1 where there is padding with"
                    + " mask.ne(0)");
        }
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
                            + " look, or floating-point numbers, which are added to the scores); if 1 means that it may not,"
                            + " as in torch.triu(ones, 1), give mask.ne(0); if 1 means that it may, mask.eq(0), which"
                            + " paddingMask takes where the mask is [n, s]");
        }
        if (mask == null || mask.dtype().isFloating()) {
            return mask == null ? null : mask.to(dtype);
        }
        return mask.where(
                Tensor.full(Double.NEGATIVE_INFINITY, dtype, mask.device()), Tensor.full(0, dtype, mask.device()));
    }

    /** Checks the dimensions of queries and keys, where a mask of padding is easily taken for one of both. */
    private static void checkFits(@Nullable Tensor mask, Tensor q, long keys) {
        Shape shape = mask == null ? Shape.of() : mask.shape();
        long queries = q.shape().size(2);
        if (shape.rank() > 0 && differs(shape.size(-1), keys) || shape.rank() > 1 && differs(shape.size(-2), queries)) {
            throw new TensorException("attention: mask " + shape + " (expected a shape that broadcasts to the scores ["
                    + q.shape().size(0) + ", " + q.shape().size(1) + ", " + queries + ", " + keys
                    + "]); give a mask [n, s] of padding as MultiHeadAttention.paddingMask(mask)");
        }
    }

    private static boolean differs(long size, long expected) {
        return size != expected && size != 1;
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
     *     null. Two dimensions are those of queries and keys: a mask {@code [n, time]} of padding is given as
     *     {@link #paddingMask}, and can't be told apart where n equals the time
     * @param causal whether a position sees only those up to itself
     * @return {@code [n, time, size]}
     * @throws TensorException if the mask has integers, or does not broadcast to the scores
     */
    public Tensor selfAttention(Tensor x, @Nullable Tensor mask, boolean causal) {
        return called(() -> self(x, mask, causal));
    }

    /**
     * Attention of positions that are added to sequences, each to itself and all before it.
     *
     * @param x the new positions {@code [n, time, size]}
     * @param mask as for {@link #selfAttention(Tensor, Tensor, boolean)}, for scores {@code [n, heads, time, all
     *     positions]}; or null
     * @param cache the positions before, to which these are added; one for each batch and layer
     * @return {@code [n, time, size]}
     * @throws TensorException if gradients are recorded, the cache is another batch's, or the mask does not fit
     */
    public Tensor selfAttention(Tensor x, @Nullable Tensor mask, AttentionCache cache) {
        return called(() -> {
            Projected p = project(x, cache.length());
            AttentionCache.Seen seen = cache.append(p.k, p.v);
            long before = seen.keys().shape().size(2) - x.shape().size(1);
            return before == 0
                    ? attend(p.q, seen.keys(), seen.values(), mask, true)
                    : attend(p.q, seen.keys(), seen.values(), hidingLater(p.q, before, mask), false);
        });
    }

    /** The mask, with minus infinity where a position would see a later one. */
    private static @Nullable Tensor hidingLater(Tensor q, long before, @Nullable Tensor mask) {
        long time = q.shape().size(2);
        Tensor given = added(mask, q.dtype());
        checkFits(given, q, before + time);
        if (time == 1) {
            return given;
        }
        Tensor positions = Tensor.arange(before + time).to(q.device());
        Tensor later = positions.gt(positions.narrow(0, before, time).unsqueeze(1));
        Tensor hidden = added(later, q.dtype());
        return given == null || hidden == null ? hidden : given.add(hidden);
    }

    /** Queries, keys and values by heads, rotated by their positions. */
    private record Projected(Tensor q, Tensor k, Tensor v) {}

    private void checkSequence(String what, Tensor x) {
        long width = inWeight.leaf().shape().size(1);
        if (x.shape().rank() != 3 || x.shape().size(2) != width) {
            throw new TensorException("attention: " + what + " " + x.spec() + " (expected [n, time, " + width
                    + "]); reshape it, or unsqueeze(0) a single sequence");
        }
    }

    private Projected project(Tensor x, long first) {
        checkSequence("input", x);
        Tensor projected = x.linear(inWeight.tensor(), inBias.tensor());
        long keys = keyWidth();
        long queries = projected.shape().size(-1) - 2 * keys;
        Tensor q = split(projected.narrow(-1, 0, queries));
        Tensor k = split(projected.narrow(-1, queries, keys));
        Tensor v = split(projected.narrow(-1, queries + keys, keys));
        return rotary == null
                ? new Projected(q, k, v)
                : new Projected(rotary.forward(q, first), rotary.forward(k, first), v);
    }

    /** The width of all heads of keys; heads may have been taken away. */
    private long keyWidth() {
        return keyHeads == heads ? inWeight.leaf().shape().size(0) / 3 : keyHeads * (size / heads);
    }

    private Tensor self(Tensor x, @Nullable Tensor mask, boolean causal) {
        Projected p = project(x, 0);
        return attend(p.q, p.k, p.v, mask, causal);
    }

    /**
     * Attention of one sequence {@code [n, l, size]} to another {@code [n, s, size]}.
     *
     * @param queries {@code [n, l, size]}
     * @param memory {@code [n, s, size]}
     * @param mask as for {@link #selfAttention}, for scores {@code [n, heads, l, s]}; or null
     * @return {@code [n, l, size]}
     * @throws TensorException if the mask has integers, or does not broadcast to the scores
     */
    public Tensor crossAttention(Tensor queries, Tensor memory, @Nullable Tensor mask) {
        return called(() -> {
            checkSequence("queries", queries);
            checkSequence("memory", memory);
            Tensor weight = inWeight.tensor();
            Tensor bias = inBias.tensor();
            long inner = keyWidth();
            long own = weight.shape().size(0) - 2 * inner;
            Tensor q = queries.linear(weight.narrow(0, 0, own), bias.narrow(0, 0, own));
            Tensor kv = memory.linear(weight.narrow(0, own, 2 * inner), bias.narrow(0, own, 2 * inner));
            return attend(split(q), split(kv.narrow(-1, 0, inner)), split(kv.narrow(-1, inner, inner)), mask, false);
        });
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, boolean causal) {
        Tensor bias = added(mask, q.dtype());
        checkFits(bias, q, k.shape().size(2));
        Tensor attended = keyHeads == heads ? weighted(q, k, v, bias, causal) : shared(q, k, v, bias, causal);
        return out.forward(attended.transpose(1, 2).flatten(2));
    }

    private Tensor weighted(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal) {
        return q.attention(k, v, bias, causal, isTraining() ? dropout : 0, random);
    }

    /** As many products as heads share keys, each with all heads of keys as they are. */
    private Tensor shared(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal) {
        int each = heads / keyHeads;
        Tensor groups = groups(q);
        Tensor biases = bias == null || bias.shape().rank() < 3 || bias.shape().size(-3) != heads
                ? null
                : groups(bias.shape().rank() == 3 ? bias.unsqueeze(0) : bias);
        Tensor[] attended = new Tensor[each];
        for (int i = 0; i < each; i++) {
            Tensor own = biases == null ? bias : biases.select(2, i);
            attended[i] = weighted(groups.select(2, i), k, v, own, causal);
        }
        return Tensor.stack(2, attended).flatten(1, 2);
    }

    /** {@code [n, heads, ...]} as {@code [n, heads of keys, heads that share one, ...]}. */
    private Tensor groups(Tensor x) {
        Shape shape = x.shape();
        return x.reshape(shape.size(0), keyHeads, heads / keyHeads, shape.size(2), shape.size(3));
    }

    /** {@code [n, time, inner] -> [n, heads, time, size / heads]}; heads may have been taken away. */
    private Tensor split(Tensor x) {
        long each = size / heads;
        Shape shape = x.shape();
        return x.reshape(shape.size(0), shape.size(1), shape.size(2) / each, each)
                .transpose(1, 2);
    }

    /** {@return the heads, as units that can be pruned; none if heads share keys} */
    @Override
    public List<Units> units() {
        if (keyHeads != heads) {
            return List.of();
        }
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
