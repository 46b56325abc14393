package dev.lanewise.tensor.internal;

import java.lang.foreign.MemorySegment;

/** Host memory that a {@link BlockPool} lends. */
public abstract sealed class Block permits Range, Piece {
    /** Its first bytes; a view that is made anew, so that a block of any size is described by two numbers. */
    public abstract MemorySegment segment(long bytes);
}
