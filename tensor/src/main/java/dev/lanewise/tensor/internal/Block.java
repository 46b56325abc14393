package dev.lanewise.tensor.internal;

import java.lang.foreign.MemorySegment;

/** Host memory that a {@link BlockPool} lends. */
public abstract sealed class Block permits Range, Piece {
    /**
     * Whether somebody has it. The pool sets it last when it lends, and clears it first when it takes back, so that it can
     * find out after an error what nobody has.
     */
    boolean lent;

    /** Its first bytes; a view that is made anew, so that a block of any size is described by two numbers. */
    public abstract MemorySegment segment(long bytes);
}
