package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.internal.Range.State;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The free ranges of a pool, by size and by age. Neighbours of the same state are one range. Its pool's lock guards it. */
final class FreeMemory {
    private final Bins waiting = new Bins();
    private final Bins clean = new Bins();

    /** Waiting blocks that are regions of their own, which are lent as they are. */
    private final Bins single = new Bins();

    /** All waiting ranges, the one that waited longest first. */
    private final Range ring = Range.ring();

    /** Range objects without a range, for the next cut, linked by what is below them. */
    private @Nullable Range spare;

    private long waitingBytes;
    private int now;

    void tick(int tick) {
        now = tick;
    }

    long waitingBytes() {
        return waitingBytes;
    }

    // ---- finding

    /** A waiting range of about the least size that is enough, or null. */
    @Nullable
    Range waiting(long bytes) {
        return waiting.fit(bytes);
    }

    /** The waiting range that comes after another one when all are gone through, about the largest first. */
    @Nullable
    Range nextWaiting(@Nullable Range range) {
        return waiting.smallerThan(range);
    }

    /** A clean range of about the least size that is enough, or null. */
    @Nullable
    Range clean(long bytes) {
        return clean.fit(bytes);
    }

    /** The clean range that comes after another one when all are gone through, about the largest first. */
    @Nullable
    Range nextClean(@Nullable Range range) {
        return clean.smallerThan(range);
    }

    /** A waiting block that is a region of its own, of exactly this size class, or null. */
    @Nullable
    Range single(long bytes) {
        Range range = single.fit(bytes);
        return range != null && SizeClass.floor(range.bytes()) == SizeClass.index(bytes) ? range : null;
    }

    /** The range that waited longest, or null. */
    @Nullable
    Range oldest() {
        return ring.next();
    }

    // ---- coming and going

    /** Forgets all ranges. */
    void clear() {
        waiting.clear();
        clean.clear();
        single.clear();
        ring.empty();
        spare = null;
        waitingBytes = 0;
    }

    /** A range that is free already, with no neighbour of its state. */
    void restore(Range range) {
        if (range.state() == State.WAITING) {
            waitingBytes += range.bytes();
            range.await(ring, now);
        }
        bins(range).push(range);
    }

    /**
     * A range that was in use is free. It joins with its neighbours of the same state; what they are together is as old as
     * the largest of them. Returns that.
     */
    Range add(Range range, State state) {
        range.become(state);
        if (state == State.WAITING) {
            waitingBytes += range.bytes();
            range.await(ring, now);
        }
        Range lower = range.lower();
        if (lower != null && lower.state() == state) {
            merge(range, lower);
            absorb(range, lower);
        }
        Range upper = range.upper();
        if (upper != null && upper.state() == state) {
            merge(range, upper);
            absorb(range, upper);
        }
        bins(range).push(range);
        return range;
    }

    private void merge(Range range, Range neighbour) {
        bins(neighbour).remove(neighbour);
        if (range.state() == State.WAITING) {
            if (neighbour.bytes() > range.bytes()) {
                range.leave();
                range.awaitLike(neighbour);
            }
            neighbour.leave();
        }
    }

    /** A free range is in use. */
    void remove(Range range) {
        bins(range).remove(range);
        if (range.state() == State.WAITING) {
            range.leave();
            waitingBytes -= range.bytes();
        }
        range.become(State.USED);
    }

    // ---- cutting and joining

    /** Makes a free range two; returns the lower one. */
    Range split(Range range, long address) {
        Bins bins = bins(range);
        bins.remove(range);
        Range lower = cut(range, address);
        if (range.state() == State.WAITING) {
            lower.awaitLike(range);
        }
        bins.push(lower);
        bins.push(range);
        return lower;
    }

    /** Cuts off the part below an address from a range in use; returns the part. */
    Range cut(Range range, long address) {
        Range lower = spare;
        if (lower == null) {
            lower = new Range(Region.NONE);
        } else {
            spare = lower.below;
            lower.below = null;
        }
        range.cutBelow(address, lower);
        return lower;
    }

    /** Makes the range above one in use a part of it. */
    void absorbUpper(Range range) {
        absorb(range, Objects.requireNonNull(range.upper()));
    }

    private void absorb(Range range, Range neighbour) {
        range.absorb(neighbour);
        neighbour.below = spare;
        spare = neighbour;
    }

    private Bins bins(Range range) {
        if (range.state() == State.CLEAN) {
            return clean;
        }
        return range.region().divisible() ? waiting : single;
    }
}
