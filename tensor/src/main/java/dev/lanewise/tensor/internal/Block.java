package dev.lanewise.tensor.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Host memory of one size class: with an arena of its own, or a piece of a slab. Its pool's lock guards it. */
public final class Block {
    private static final Block[] NONE = {};

    private final MemorySegment segment;
    private final int sizeClass;
    private final @Nullable Arena arena;
    private final @Nullable Block slab;

    private Block[] pieces = NONE;
    private int lent;
    private int since;

    private @Nullable Block older;
    private @Nullable Block newer;

    /** The bytes that its current user asked for. */
    long asked;

    /** The neighbours among those that wait in its size class. */
    @Nullable
    Block above;

    @Nullable
    Block below;

    private Block(MemorySegment segment, int sizeClass, @Nullable Arena arena, @Nullable Block slab) {
        this.segment = segment;
        this.sizeClass = sizeClass;
        this.arena = arena;
        this.slab = slab;
    }

    /**
     * A block from the system.
     *
     * @throws OutOfMemoryError when it has no more
     */
    static Block own(SizeClass sizeClass) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment segment = SystemMemory.allocate(arena, sizeClass.bytes(), BlockPool.ALIGNMENT);
            return new Block(segment, sizeClass.index(), arena, null);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /** The start of an empty ring of waiting blocks; not a block itself. */
    static Block ring() {
        Block ring = new Block(MemorySegment.NULL, 0, null, null);
        ring.older = ring;
        ring.newer = ring;
        return ring;
    }

    /** The memory. */
    public MemorySegment segment() {
        return segment;
    }

    long bytes() {
        return segment.byteSize();
    }

    int sizeClass() {
        return sizeClass;
    }

    /** What this is a piece of, or null. */
    @Nullable
    Block slab() {
        return slab;
    }

    /** Gives the memory back to the system. */
    void free() {
        Objects.requireNonNull(arena).close();
    }

    // ---- slabs

    Block[] cut(SizeClass small) {
        pieces = new Block[(int) (bytes() / small.bytes())];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = new Block(segment.asSlice(i * small.bytes(), small.bytes()), small.index(), null, this);
        }
        return pieces;
    }

    void join() {
        pieces = NONE;
    }

    Block[] pieces() {
        return pieces;
    }

    /** Notes that a piece is in use. */
    void lend() {
        Objects.requireNonNull(slab).lent++;
    }

    /** Notes that a piece came back; true if its slab now has all of them. */
    boolean returned() {
        Block whole = Objects.requireNonNull(slab);
        whole.lent--;
        return whole.isUnused();
    }

    boolean isUnused() {
        return lent == 0;
    }

    // ---- waiting

    /** Joins a ring as its newest block. */
    void await(Block ring, int tick) {
        since = tick;
        Block before = Objects.requireNonNull(ring.older);
        older = before;
        newer = ring;
        before.newer = this;
        ring.older = this;
    }

    /** Leaves its ring. */
    void leave() {
        Objects.requireNonNull(older).newer = newer;
        Objects.requireNonNull(newer).older = older;
        older = null;
        newer = null;
    }

    /** The block of this ring that has waited longest, or null. */
    @SuppressWarnings("ReferenceEquality") // the ring's start itself
    @Nullable
    Block next() {
        return newer == this ? null : newer;
    }

    /** The tick at which it began to wait. */
    int since() {
        return since;
    }
}
