package dev.lanewise.lm.part;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Attention;
import org.jspecify.annotations.Nullable;

/**
 * Attention with heads, in which several query heads may share one head of keys and values (Ainslie et al. 2023,
 * arXiv:2305.13245).
 *
 * @param queries the number of query heads
 * @param keys the number of heads of keys and values, which divides it
 * @param size the size of a head
 * @param scale what scores are multiplied by
 * @param cap the bound that scores are kept below, as {@code cap tanh(score / cap)}, or 0 for no limit
 */
public record Heads(int queries, int keys, int size, double scale, double cap) {
    /** Heads that each have their own keys, with scores divided by the root of their size. */
    public static Heads plain(int heads, int size) {
        return new Heads(heads, heads, size, 1 / Math.sqrt(size), 0);
    }

    /** {@code [n, l, heads * size] -> [n, heads, l, size]}. */
    public Tensor split(Tensor x) {
        Shape shape = x.shape();
        return x.reshape(shape.size(0), shape.size(1), shape.size(2) / size, size)
                .transpose(1, 2);
    }

    /** {@code [n, heads, l, size] -> [n, l, heads * size]}. */
    public Tensor join(Tensor x) {
        return x.transpose(1, 2).flatten(2);
    }

    /** Attention of tokens among themselves and to those in the cache. */
    public Tensor attend(Tensor q, Tensor k, Tensor v, Call call, int window) {
        return call.isPlain(window)
                ? attend(q, k, v, null, call.isCausal())
                : attend(q, k, v, call.mask(window), false);
    }

    /**
     * Attention. Keys that several heads of queries share are not copied.
     *
     * @param q {@code [n, queries, l, size]}
     * @param k {@code [n, keys, s, size]}
     * @param v likewise
     * @param bias added to scores: {@code [l, s]}, or {@code [n, queries, l, s]} where sizes may be 1; or null
     * @param causal whether a query sees only keys up to its own position
     * @return {@code [n, queries, l, size]}
     */
    public Tensor attend(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal) {
        int shared = queries / keys;
        if (shared == 1) {
            return attended(q, k, v, bias, causal);
        }
        Shape all = q.shape();
        if (all.size(2) == 1 && cap == 0 && (bias == null || sameForAll(bias))) {
            // queries that share keys become rows of one product
            Tensor rows = q.reshape(all.size(0), k.shape().size(1), shared, all.size(3));
            return attended(rows, k, v, bias, false).reshape(all);
        }
        Tensor groups = q.reshape(all.size(0), k.shape().size(1), shared, all.size(2), all.size(3));
        return attended(groups, repeated(k, shared), repeated(v, shared), grouped(bias, shared), causal)
                .flatten(1, 2);
    }

    private static boolean sameForAll(Tensor bias) {
        return bias.shape().rank() < 4 || bias.shape().size(1) == 1;
    }

    /** {@code [n, keys, s, size] -> [n, keys, times, s, size]}, a view. */
    private static Tensor repeated(Tensor x, int times) {
        Shape s = x.shape();
        return x.unsqueeze(2).expand(s.size(0), s.size(1), times, s.size(2), s.size(3));
    }

    /** A bias for scores {@code [n, keys, shared, l, s]}. */
    private static @Nullable Tensor grouped(@Nullable Tensor bias, int shared) {
        if (bias == null || bias.shape().rank() < 4) {
            return bias;
        }
        Shape b = bias.shape();
        return sameForAll(bias)
                ? bias.unsqueeze(1)
                : bias.reshape(b.size(0), b.size(1) / shared, shared, b.size(2), b.size(3));
    }

    private Tensor attended(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal) {
        boolean single = cap == 0 && (bias == null || !Autograd.isTracked(bias));
        return single ? fused(q, k, v, bias, causal) : decomposed(q, k, v, bias, causal);
    }

    private Tensor fused(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal) {
        Attention op = new Attention(scale, causal && q.shape().size(-2) > 1);
        return bias == null ? Tensor.applyAll(op, q, k, v)[0] : Tensor.applyAll(op, q, k, v, bias)[0];
    }

    /** Attention by single operations, for capped scores or gradients of the bias. */
    private Tensor decomposed(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal) {
        Tensor scores = q.matmul(k.transpose(-1, -2)).mul(scale);
        if (cap > 0) {
            scores = scores.div(cap).tanh().mul(cap);
        }
        if (bias != null) {
            scores = scores.add(bias);
        }
        if (causal) {
            Tensor later = Tensor.ones(
                            q.dtype(), q.device(), q.shape().size(-2), k.shape().size(-2))
                    .triu(1)
                    .ne(0);
            scores = scores.maskedFill(later, Double.NEGATIVE_INFINITY);
        }
        Tensor hidden = scores.eq(Double.NEGATIVE_INFINITY).all(-1, Keep.KEEP);
        return scores.maskedFill(hidden, 0).softmax(-1).maskedFill(hidden, 0).matmul(v);
    }
}
