package dev.lanewise.lm.part;

import dev.lanewise.lm.KvCache;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the layers share in one call of a model: the number of tokens, which of them are padding, their positions, and
 * what each may see. Masks and rotations are computed once per call.
 */
public final class Call {
    private final long rows;
    private final long count;
    private final long past;
    private final boolean causal;
    private final @Nullable Tensor mask;
    private final @Nullable KvCache cache;
    private final Device device;
    private final DType dtype;
    /** The calls of single sequences that are computed together although each has a cache of its own; usually none. */
    private final List<Call> apart;

    private final Map<Integer, Tensor> masks = new HashMap<>();
    private Rotary.@Nullable Turn turn;
    private @Nullable Tensor positions;

    /**
     * A call.
     *
     * @param ids {@code [n, l]} of I64
     * @param attentionMask {@code [n, past + l]} or {@code [n, l]}, not 0 where a token is not padding; or null if
     *     there is no padding
     * @param cache the keys and values of previous tokens, or null
     * @param causal whether tokens see only those before them
     * @param dtype the type of hidden states
     */
    public Call(Tensor ids, @Nullable Tensor attentionMask, @Nullable KvCache cache, boolean causal, DType dtype) {
        requireTokens(ids);
        rows = ids.shape().size(0);
        count = ids.shape().size(1);
        past = cache == null ? 0 : cache.length();
        this.cache = cache;
        this.causal = causal;
        this.dtype = dtype;
        device = ids.device();
        apart = List.of();
        mask = whole(attentionMask);
    }

    /**
     * A call with sequences of different lengths. What works token by token is computed for all at once; positions and
     * attention are those of each alone.
     *
     * @param ids {@code [n, l]} of I64
     * @param caches the keys and values of the previous tokens of each sequence
     * @param dtype the type of hidden states
     */
    public Call(Tensor ids, List<KvCache> caches, DType dtype) {
        requireTokens(ids);
        rows = ids.shape().size(0);
        count = ids.shape().size(1);
        if (rows == 0 || caches.size() != rows || new HashSet<>(caches).size() != rows) {
            throw new TensorException("language model: " + rows + " sequences with " + new HashSet<>(caches).size()
                    + " caches (expected one or more, each with a cache of its own); pass as many");
        }
        past = caches.stream().mapToLong(KvCache::length).max().orElse(0);
        cache = null;
        causal = true;
        this.dtype = dtype;
        device = ids.device();
        List<Call> calls = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            calls.add(new Call(ids.narrow(0, row, 1), null, caches.get(row), true, dtype));
        }
        apart = calls;
        mask = null;
    }

    private static void requireTokens(Tensor ids) {
        if (ids.shape().rank() != 2 || ids.dtype() != DType.I64) {
            throw new TensorException("language model: tokens " + ids.spec()
                    + " (expected [n, length] of I64); unsqueeze(0) a single sequence");
        }
    }

    /** A call with vectors {@code [n, l, size]} instead of tokens; all of them see each other. */
    public static Call ofVectors(Tensor x) {
        Tensor places =
                Tensor.zeros(DType.I64, x.device(), x.shape().size(0), x.shape().size(1));
        return new Call(places, null, null, false, x.dtype());
    }

    /**
     * The mask that is added to scores where keys may be padding.
     *
     * @param mask {@code [n, s]}, 0 for padding
     * @return {@code [n, 1, 1, s]}: minus infinity where there is padding, else 0
     */
    public static Tensor paddingMask(Tensor mask, DType dtype) {
        Tensor seen = Tensor.full(0, dtype, mask.device());
        Tensor hidden = Tensor.full(Double.NEGATIVE_INFINITY, dtype, mask.device());
        return mask.ne(0).unsqueeze(1).unsqueeze(1).where(seen, hidden);
    }

    /** The mask of all tokens, including those in the cache. */
    private @Nullable Tensor whole(@Nullable Tensor given) {
        Tensor before = cache == null ? null : cache.mask();
        if (given == null && before == null) {
            return null;
        }
        Tensor own = given == null ? Tensor.ones(DType.I64, device, rows, count) : given.to(DType.I64);
        long width = own.shape().size(-1);
        if (own.shape().rank() != 2 || own.shape().size(0) != rows || width != count && width != past + count) {
            throw new TensorException("language model: attention mask " + own.spec() + " for [" + rows + ", " + count
                    + "] tokens after " + past + " (expected one number for each); check the mask");
        }
        if (width == past + count) {
            return own;
        }
        return Tensor.cat(1, before == null ? Tensor.ones(DType.I64, device, rows, past) : before, own);
    }

    /** The sequences. */
    public long rows() {
        return rows;
    }

    /** New tokens. */
    public long count() {
        return count;
    }

    /** Tokens before them; the most of any sequence. */
    public long past() {
        return past;
    }

    /** The type of hidden states. */
    public DType dtype() {
        return dtype;
    }

    /** The keys and values of previous tokens, or null. */
    public @Nullable KvCache cache() {
        return cache;
    }

    /** Tells the cache that its layers have the new tokens. */
    public void finish() {
        apart.forEach(Call::finish);
        if (cache != null) {
            cache.advance(count, mask);
        }
    }

    /**
     * Computes what layers will need, in the scope of the call rather than in that of the first layer that needs it.
     *
     * @param rotary rotary positions, or null without them
     * @param windows the windows of all layers
     */
    public void prepare(@Nullable Rotary rotary, Collection<Integer> windows) {
        if (rotary != null) {
            turn(rotary);
        }
        if (!apart.isEmpty()) {
            apart.forEach(call -> call.prepare(null, windows));
            return;
        }
        for (int window : new TreeSet<>(windows)) {
            if (!isPlain(window)) {
                mask(window);
            }
        }
    }

    /**
     * The positions of the new tokens, counted from each sequence's first token that is not padding: {@code [n, l]} or
     * {@code [l]}.
     */
    public Tensor positions() {
        Tensor p = positions;
        if (p == null) {
            p = positionsOfAll();
            positions = p;
        }
        return p;
    }

    private Tensor positionsOfAll() {
        if (!apart.isEmpty()) {
            return Tensor.cat(
                    0, apart.stream().map(call -> call.positions().unsqueeze(0)).toArray(Tensor[]::new));
        }
        return mask == null
                ? Tensor.arange(past, past + count, 1, DType.I64, device)
                : mask.ne(0)
                        .to(DType.I64)
                        .cumsum(1)
                        .sub(1)
                        .clamp(0, Long.MAX_VALUE)
                        .narrow(1, past, count);
    }

    /** The rotations of the new tokens. */
    public Rotary.Turn turn(Rotary rotary) {
        Rotary.Turn t = turn;
        if (t == null) {
            t = turnOfAll(rotary);
            turn = t;
        }
        return t;
    }

    private Rotary.Turn turnOfAll(Rotary rotary) {
        if (!apart.isEmpty()) {
            // each by itself: dynamic frequencies depend on a sequence's length
            return Rotary.Turn.ofEach(
                    apart.stream().map(call -> call.turn(rotary)).toList());
        }
        return mask == null ? rotary.from(past, count) : rotary.of(positions(), mostPositions());
    }

    private long mostPositions() {
        return count == 0 || rows == 0 ? 1 : positions().amax().itemLong() + 1;
    }

    /**
     * Attention of the new tokens among themselves and to those before them, whose keys and values the cache holds.
     *
     * @param heads how attention is computed
     * @param layer the number of the layer in the cache
     * @param q {@code [n, queries, l, size]}
     * @param k {@code [n, keys, l, size]}
     * @param v likewise
     * @param window how many tokens a token sees, including itself; 0 for all
     * @return {@code [n, queries, l, size]}
     */
    public Tensor attend(Heads heads, int layer, Tensor q, Tensor k, Tensor v, int window) {
        if (!apart.isEmpty()) {
            Tensor[] each = new Tensor[apart.size()];
            for (int row = 0; row < each.length; row++) {
                each[row] = apart.get(row)
                        .attend(heads, layer, q.narrow(0, row, 1), k.narrow(0, row, 1), v.narrow(0, row, 1), window);
            }
            return Tensor.cat(0, each);
        }
        if (cache == null) {
            return heads.attend(q, k, v, this, window);
        }
        KvCache.Seen seen = cache.append(layer, k, v);
        return heads.attend(q, seen.keys(), seen.values(), this, window);
    }

    /** Whether the operation's own causal flag says everything: no mask is needed. */
    boolean isPlain(int window) {
        return mask == null && past == 0 && (!causal || window == 0 || window >= count);
    }

    /** Whether tokens see only those before them. */
    boolean isCausal() {
        return causal;
    }

    /**
     * The mask that is added to scores {@code [n, heads, l, past + l]}: minus infinity where a token is not seen.
     *
     * @param window how many tokens a token sees, including itself; 0 for all
     * @return {@code [l, past + l]} or {@code [n, 1, l, past + l]}, or null where everything is seen
     */
    public @Nullable Tensor mask(int window) {
        long all = past + count;
        boolean limited = window > 0 && window < all;
        if (mask == null && !limited && (!causal || count == 1)) {
            return null;
        }
        int key = limited ? window : 0;
        Tensor made = masks.get(key);
        if (made == null) {
            made = make(limited ? window : 0);
            masks.put(key, made);
        }
        return made;
    }

    private Tensor make(int window) {
        long all = past + count;
        Tensor columns = Tensor.arange(all, DType.I64, device);
        Tensor places = Tensor.arange(past, all, 1, DType.I64, device).unsqueeze(1);
        Tensor visible = null;
        if (causal) {
            visible = columns.le(places);
        }
        if (window > 0) {
            Tensor near = columns.gt(places.sub(window));
            visible = visible == null ? near : visible.and(near);
        }
        Tensor real = mask;
        if (real != null) {
            Tensor rowsReal = real.ne(0).unsqueeze(1).unsqueeze(1);
            visible = visible == null ? rowsReal : visible.and(rowsReal);
        }
        Tensor seen = Tensor.full(0, dtype, device);
        Tensor hidden = Tensor.full(Double.NEGATIVE_INFINITY, dtype, device);
        return visible == null ? seen.expand(count, all) : visible.where(seen, hidden);
    }
}
