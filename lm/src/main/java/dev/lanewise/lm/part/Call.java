package dev.lanewise.lm.part;

import dev.lanewise.lm.KvCache;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collection;
import java.util.HashMap;
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
        if (ids.shape().rank() != 2 || ids.dtype() != DType.I64) {
            throw new TensorException("language model: tokens " + ids.spec()
                    + " (expected [n, length] of I64); unsqueeze(0) a single sequence");
        }
        rows = ids.shape().size(0);
        count = ids.shape().size(1);
        past = cache == null ? 0 : cache.length();
        this.cache = cache;
        this.causal = causal;
        this.dtype = dtype;
        device = ids.device();
        mask = whole(attentionMask);
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

    /** Tokens before them. */
    public long past() {
        return past;
    }

    /** The keys and values of previous tokens, or null. */
    public @Nullable KvCache cache() {
        return cache;
    }

    /** Tells the cache that its layers have the new tokens. */
    public void finish() {
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
            p = mask == null
                    ? Tensor.arange(past, past + count, 1, DType.I64, device)
                    : mask.ne(0)
                            .to(DType.I64)
                            .cumsum(1)
                            .sub(1)
                            .clamp(0, Long.MAX_VALUE)
                            .narrow(1, past, count);
            positions = p;
        }
        return p;
    }

    /** The rotations of the new tokens. */
    public Rotary.Turn turn(Rotary rotary) {
        Rotary.Turn t = turn;
        if (t == null) {
            t = mask == null ? rotary.from(past, count) : rotary.of(positions(), mostPositions());
            turn = t;
        }
        return t;
    }

    private long mostPositions() {
        return count == 0 || rows == 0 ? 1 : positions().amax().itemLong() + 1;
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
