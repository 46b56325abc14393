package dev.lanewise.tensor.internal;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A range of a region: a large block, a slab, or free memory. The ranges of a region follow one another without gaps, each
 * linked to its neighbours. Its pool's lock guards it.
 */
final class Range extends Block {
    /** What a range is. */
    enum State {
        /** Somebody has it. */
        USED,
        /** Nobody has it, and its pages are still there. */
        WAITING,
        /** Nobody has it, and it takes no memory: its pages were never touched, or were given back. */
        CLEAN
    }

    private static final Piece[] NONE = {};

    private Region region;
    private long start;
    private long bytes;
    private State state = State.USED;

    /** The neighbours in the region. */
    private @Nullable Range lower;

    private @Nullable Range upper;

    /** The neighbours among the free ranges of about its size. */
    @Nullable
    Range above;

    @Nullable
    Range below;

    private @Nullable Range older;
    private @Nullable Range newer;
    private int since;

    /** The bytes that the one who has it asked for. */
    long asked;

    private Piece[] pieces = NONE;
    private int lentPieces;

    /** A whole region. */
    Range(Region region) {
        this.region = region;
        this.start = region.start();
        this.bytes = region.bytes();
    }

    @Override
    public MemorySegment segment(long size) {
        return segment(0, size);
    }

    MemorySegment segment(long offset, long size) {
        return region.memory().asSlice(start - region.start() + offset, size);
    }

    Region region() {
        return region;
    }

    long start() {
        return start;
    }

    long end() {
        return start + bytes;
    }

    long bytes() {
        return bytes;
    }

    State state() {
        return state;
    }

    void become(State next) {
        state = next;
    }

    // ---- neighbours in the region

    @Nullable
    Range lower() {
        return lower;
    }

    @Nullable
    Range upper() {
        return upper;
    }

    boolean isWholeRegion() {
        return lower == null && upper == null;
    }

    /**
     * Leaves everything below an address to another range, which has the state of this one. Like {@link #absorb} it calls
     * nothing, so that it is done whole, or not at all where the stack ends.
     */
    void cutBelow(long address, Range part) {
        part.region = region;
        part.start = start;
        part.bytes = address - start;
        part.state = state;
        part.lower = lower;
        part.upper = this;
        if (lower != null) {
            lower.upper = part;
        } else {
            region.lowest = part;
        }
        lower = part;
        bytes -= part.bytes;
        start = address;
    }

    /** Takes in a neighbour, which is no range any more. */
    @SuppressWarnings("ReferenceEquality") // which of the two neighbours it is
    void absorb(Range neighbour) {
        if (neighbour.start < start) {
            start = neighbour.start;
        }
        bytes += neighbour.bytes;
        if (neighbour.lower == this) {
            upper = neighbour.upper;
            if (upper != null) {
                upper.lower = this;
            }
        } else {
            lower = neighbour.lower;
            if (lower != null) {
                lower.upper = this;
            } else {
                region.lowest = this;
            }
        }
        neighbour.lower = null;
        neighbour.upper = null;
    }

    // ---- slabs

    void cut(Piece[] parts) {
        pieces = parts;
    }

    void join() {
        pieces = NONE;
        lentPieces = 0;
    }

    Piece[] pieces() {
        return pieces;
    }

    /** Notes that a piece is in use. */
    void lend() {
        lentPieces++;
    }

    /** Notes that a piece came back; true if all of them have. */
    boolean returned() {
        lentPieces--;
        return isUnused();
    }

    boolean isUnused() {
        return lentPieces == 0;
    }

    /** Counts the pieces that somebody has anew, after an error; the others wait again. */
    void recount(SizeClass[] classes) {
        lentPieces = 0;
        for (Piece piece : pieces) {
            if (piece.lent) {
                lentPieces++;
            } else {
                classes[piece.sizeClass()].push(piece);
            }
        }
    }

    // ---- waiting

    /** The start of an empty ring of waiting ranges; no range itself. */
    static Range ring() {
        Range ring = new Range(Region.NONE);
        ring.empty();
        return ring;
    }

    /** Leaves every list, whatever state those are in. */
    void unlink() {
        above = null;
        below = null;
        older = null;
        newer = null;
    }

    /** Makes a ring empty. */
    void empty() {
        older = this;
        newer = this;
    }

    /** Joins a ring as its newest range. */
    void await(Range ring, int tick) {
        since = tick;
        link(Objects.requireNonNull(ring.older), ring);
    }

    /** Joins the ring of another one, as old as that one is. */
    void awaitLike(Range other) {
        since = other.since;
        link(other, Objects.requireNonNull(other.newer));
    }

    private void link(Range before, Range after) {
        older = before;
        newer = after;
        before.newer = this;
        after.older = this;
    }

    /** Leaves its ring. */
    void leave() {
        Objects.requireNonNull(older).newer = newer;
        Objects.requireNonNull(newer).older = older;
        older = null;
        newer = null;
    }

    /** Of a ring: the range that waited longest, or null. */
    @SuppressWarnings("ReferenceEquality") // the ring's start itself
    @Nullable
    Range next() {
        return newer == this ? null : newer;
    }

    /** The tick since when it waits. */
    int since() {
        return since;
    }
}
