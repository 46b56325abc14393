package dev.lanewise.tensor.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that the system gave in one piece and takes back in one piece.
 *
 * @param arena what it lives in; closing it gives everything back, so that who still holds a view gets an exception
 * @param memory all of it
 * @param divisible whether it is address space that ranges are cut from, whose pages can be given back one by one; else one
 *     block only
 */
record Region(Arena arena, MemorySegment memory, boolean divisible) {
    /** No memory. */
    static final Region NONE = new Region(Arena.global(), MemorySegment.NULL, false);

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
