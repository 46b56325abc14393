package dev.lanewise.nn.sequence;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of a {@link MultiHeadAttention} for the positions of sequences so far, so that a position that is
 * added costs by itself and not by all before it. It outlives scopes; closing it gives its memory back.
 *
 * <p>{@snippet :
 * try (AttentionCache cache = new AttentionCache()) {
 *     for (...) {
 *         Tensor y = Autograd.noGrad(() -> attention.selfAttention(next, null, cache));   // [n, 1, size]
 *     }
 * }
 * }
 */
public final class AttentionCache implements AutoCloseable {
    private static final long BLOCK = 64;

    private @Nullable Tensor keys;
    private @Nullable Tensor values;
    private long length;

    /** A cache without positions yet. */
    public AttentionCache() {}

    /**
     * What positions see.
     *
     * @param keys {@code [n, heads, time, each]}
     * @param values likewise
     */
    record Seen(Tensor keys, Tensor values) {}

    /** {@return how many positions there are} */
    public long length() {
        return length;
    }

    /** Adds positions; the result is valid until the next call. */
    Seen append(Tensor newKeys, Tensor newValues) {
        if (Autograd.isRecording() && (Autograd.isTracked(newKeys) || Autograd.isTracked(newValues))) {
            throw new TensorException(
                    "attention: a cache while gradients are recorded (expected none, which would not reach"
                            + " earlier positions); call it inside Autograd.noGrad");
        }
        long added = newKeys.shape().size(2);
        keys = stored(keys, newKeys, added);
        values = stored(values, newValues, added);
        length += added;
        return new Seen(keys.narrow(2, 0, length), values.narrow(2, 0, length));
    }

    private Tensor stored(@Nullable Tensor before, Tensor added, long count) {
        long[] sizes = added.shape().toArray();
        if (before != null) {
            long[] old = before.shape().toArray();
            old[2] = sizes[2];
            if (!Arrays.equals(old, sizes)) {
                throw new TensorException("attention: keys " + added.spec() + " for a cache of " + before.spec()
                        + "; make a cache for each batch and layer");
            }
        }
        Tensor room = before;
        if (room == null || room.shape().size(2) < length + count) {
            sizes[2] = Math.ceilDiv(Math.max(length + count, 2 * length), BLOCK) * BLOCK;
            room = Tensor.zeros(added.dtype(), added.device(), sizes).keep();
            if (before != null) {
                room.narrow(2, 0, length).assign(before.narrow(2, 0, length));
                release(before);
            }
        }
        room.narrow(2, length, count).assign(Autograd.detach(added));
        return room;
    }

    private static void release(@Nullable Tensor tensor) {
        if (tensor != null) {
            try (Scope ignored = Scope.open("cache")) {
                Scope.adopt(tensor);
            }
        }
    }

    /** Gives the memory back; the cache is then without positions again. */
    @Override
    public void close() {
        release(keys);
        release(values);
        keys = null;
        values = null;
        length = 0;
    }
}
