package dev.lanewise.tensor.internal;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A small block: a piece of a slab. Its pool's lock guards it. */
final class Piece extends Block {
    private final Range slab;
    private final int sizeClass;
    private final long offset;

    /** The neighbours among those that wait in its size class. */
    @Nullable
    Piece above;

    @Nullable
    Piece below;

    Piece(Range slab, int sizeClass, long offset) {
        this.slab = slab;
        this.sizeClass = sizeClass;
        this.offset = offset;
    }

    @Override
    public MemorySegment segment(long bytes) {
        return slab.segment(offset, bytes);
    }

    int sizeClass() {
        return sizeClass;
    }

    /** What this is a piece of. */
    Range slab() {
        return slab;
    }
}
