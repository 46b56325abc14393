package dev.lanewise.tensor.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Memory that the system gave in one piece and takes back in one piece. Its pool's lock guards it. */
final class Region {
    /** No memory. */
    static final Region NONE = new Region(Arena.global(), MemorySegment.NULL, false);

    private final Arena arena;
    private final MemorySegment memory;
    private final boolean divisible;

    /** The first of its ranges. */
    @Nullable
    Range lowest;

    /** The neighbours among all regions of the pool. */
    @Nullable
    Region next;

    @Nullable
    Region previous;

    /**
     * A region.
     *
     * @param arena what it lives in; closing it gives everything back, so that who still holds a view gets an exception
     * @param memory all of it
     * @param divisible whether it is address space that ranges are cut from, whose pages can be given back one by one; else
     *     one block only
     */
    Region(Arena arena, MemorySegment memory, boolean divisible) {
        this.arena = arena;
        this.memory = memory;
        this.divisible = divisible;
    }

    MemorySegment memory() {
        return memory;
    }

    boolean divisible() {
        return divisible;
    }

    long start() {
        return memory.address();
    }

    long bytes() {
        return memory.byteSize();
    }

    void unmap() {
        arena.close();
    }
}
