package dev.lanewise.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of the tokens that a decoder has seen, of one or more sequences at once, so that only the next token
 * has to be computed. Memory is allocated in blocks of {@value #BLOCK} tokens and released by {@link #close}. Kept in 16 bits,
 * keys and values of an F32 model take half of it, and are widened, a layer at a time, in every call.
 *
 * <p>A cache belongs to one model and one thread. Nothing computed with it is recorded for gradients.
 */
public final class KvCache implements AutoCloseable {
    /** The number of tokens by which a cache grows. */
    public static final int BLOCK = 128;

    private final List<Entry> entries = new ArrayList<>();
    private final long firstCapacity;
    private final @Nullable DType type;
    private long length;
    private @Nullable Tensor mask;

    /** The keys and values of one layer. */
    private static final class Entry {
        private @Nullable Tensor keys;
        private @Nullable Tensor values;
        private boolean fixed;

        private long bytes() {
            return bytes(keys) + bytes(values);
        }

        private static long bytes(@Nullable Tensor tensor) {
            return tensor == null
                    ? 0
                    : tensor.shape().elements() * tensor.dtype().bytes();
        }

        private void release() {
            release(keys);
            release(values);
            keys = null;
            values = null;
        }

        private static void release(@Nullable Tensor tensor) {
            if (tensor != null) {
                try (Scope ignored = Scope.open("cache")) {
                    Scope.adopt(tensor);
                }
            }
        }
    }

    /**
     * What a layer attends to.
     *
     * @param keys {@code [n, heads, tokens, size]}
     * @param values likewise
     */
    public record Seen(Tensor keys, Tensor values) {
        /** Holds the given values, none of which may be null. */
        public Seen {
            Objects.requireNonNull(keys, "keys");
            Objects.requireNonNull(values, "values");
        }
    }

    /** An empty cache, which grows as keys and values are appended. */
    public KvCache() {
        this(BLOCK);
    }

    /**
     * A cache without keys and values yet, whose memory is first allocated for a number of tokens.
     *
     * @param tokens for how many tokens memory is allocated at once
     */
    public KvCache(long tokens) {
        this(tokens, null);
    }

    /**
     * A cache without keys and values yet, which rounds them to a type.
     *
     * @param tokens for how many tokens memory is allocated at once
     * @param type the type that they are kept in, such as F16; null for the one that the model computes in
     * @throws TensorException if the type has no fractions
     */
    public KvCache(long tokens, @Nullable DType type) {
        firstCapacity = roundedUp(Math.max(1, tokens));
        this.type = checked(type);
    }

    /** A type that keys and values can be kept in, or null. */
    static @Nullable DType checked(@Nullable DType type) {
        if (type != null && !type.isFloating()) {
            throw new TensorException("cache: keys and values of " + type + " (expected a floating-point type);"
                    + " choose F16, BF16 or F32");
        }
        return type;
    }

    /**
     * {@return the number of tokens that memory is allocated for when this many are needed}
     *
     * @param tokens how many tokens are needed
     */
    static long roundedUp(long tokens) {
        return Math.ceilDiv(tokens, (long) BLOCK) * BLOCK;
    }

    /** {@return how many tokens each sequence has, including padding} */
    public long length() {
        return length;
    }

    /** {@return how many bytes are allocated for keys and values} */
    public long bytes() {
        return entries.stream().mapToLong(Entry::bytes).sum();
    }

    /**
     * {@return a mask of the tokens that are not padding, {@code [n, length]} of I64, or null if there is no padding}
     */
    public @Nullable Tensor mask() {
        return mask;
    }

    /**
     * Adds keys and values of new tokens; the call that adds them to every layer ends with {@link #advance}.
     *
     * @param layer the layer's number
     * @param keys {@code [n, heads, new tokens, size]}
     * @param values likewise
     * @return those of all tokens, valid until the next call
     */
    public Seen append(int layer, Tensor keys, Tensor values) {
        Entry entry = entry(layer);
        long count = keys.shape().size(2);
        entry.keys = stored(entry.keys, rounded(keys), count);
        entry.values = stored(entry.values, rounded(values), count);
        return new Seen(
                entry.keys.narrow(2, 0, length + count).to(keys.dtype()),
                entry.values.narrow(2, 0, length + count).to(values.dtype()));
    }

    private Tensor rounded(Tensor added) {
        Tensor plain = Autograd.detach(added);
        return type == null ? plain : plain.to(type);
    }

    private Tensor stored(@Nullable Tensor before, Tensor added, long count) {
        long[] sizes = added.shape().toArray();
        Tensor room = before;
        if (room == null || room.shape().size(2) < length + count) {
            // more than is needed: each time, all is copied
            sizes[2] = Math.max(firstCapacity, roundedUp(length + count + length / 4));
            room = Tensor.zeros(added.dtype(), added.device(), sizes).keep();
            if (before != null) {
                room.narrow(2, 0, length).assign(before.narrow(2, 0, length));
                Entry.release(before);
            }
        }
        if (room.shape().size(0) != sizes[0]) {
            throw new TensorException("cache: " + sizes[0] + " sequences for a cache of "
                    + room.shape().size(0) + "; make a cache for each batch");
        }
        room.narrow(2, length, count).assign(added);
        return room;
    }

    /**
     * {@return keys and values that no new token changes, computed by the encoder for a decoder; or null before
     * {@link #fix}}
     *
     * @param layer the layer's number
     */
    public @Nullable Seen fixed(int layer) {
        Entry entry = entry(layer);
        return entry.fixed && entry.keys != null && entry.values != null ? new Seen(entry.keys, entry.values) : null;
    }

    /**
     * Keeps keys and values that no new token changes.
     *
     * @param layer the layer's number
     * @param keys {@code [n, heads, tokens, size]}
     * @param values {@code [n, heads, tokens, size]}
     * @return the result
     */
    public Seen fix(int layer, Tensor keys, Tensor values) {
        Entry entry = entry(layer);
        entry.fixed = true;
        entry.keys = Autograd.detach(keys).copy().keep();
        entry.values = Autograd.detach(values).copy().keep();
        return new Seen(entry.keys, entry.values);
    }

    private Entry entry(int layer) {
        while (entries.size() <= layer) {
            entries.add(new Entry());
        }
        return entries.get(layer);
    }

    /**
     * Ends a call that has added tokens to every layer.
     *
     * @param count how many tokens it has added
     * @param allMask a mask of all tokens that are not padding, or null
     */
    public void advance(long count, @Nullable Tensor allMask) {
        length += count;
        Tensor before = mask;
        mask = allMask == null ? null : allMask.copy().keep();
        Entry.release(before);
    }

    /**
     * Replaces the sequences by others among them, as beam search does.
     *
     * @param rows for every row, the number of the sequence that takes its place
     */
    public void select(Tensor rows) {
        Objects.requireNonNull(rows, "rows");
        for (Entry entry : entries) {
            entry.keys = selected(entry.keys, rows);
            entry.values = selected(entry.values, rows);
        }
        mask = selected(mask, rows);
    }

    private static @Nullable Tensor selected(@Nullable Tensor from, Tensor rows) {
        if (from == null) {
            return null;
        }
        Tensor to = from.indexSelect(0, rows).keep();
        Entry.release(from);
        return to;
    }

    /**
     * Forgets the last tokens, so that others can follow the first ones.
     *
     * @param tokens how many tokens are kept
     * @throws TensorException if the cache holds fewer tokens, or {@code tokens} is negative
     */
    public void truncate(long tokens) {
        if (tokens < 0 || tokens > length) {
            throw new TensorException(
                    "cache: truncate to " + tokens + " of " + length + " tokens; expected 0 to " + length);
        }
        Tensor before = mask;
        if (before != null) {
            mask = before.narrow(1, 0, tokens).copy().keep();
            Entry.release(before);
        }
        length = tokens;
    }

    /** Releases the memory of all keys and values. */
    @Override
    public void close() {
        entries.forEach(Entry::release);
        entries.clear();
        Entry.release(mask);
        mask = null;
        length = 0;
    }
}
