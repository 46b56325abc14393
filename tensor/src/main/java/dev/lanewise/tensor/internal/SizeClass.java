package dev.lanewise.tensor.internal;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A size of blocks, and the waiting pieces of that size, the last one given back first: it is likely to be in a cache. */
final class SizeClass {
    /** The size of the blocks that small ones are cut from. */
    static final long SLAB = 256 << 10;

    /** Sizes per power of two: four for small blocks, 16 for the others. */
    private static final int FINE = 16;

    static final int COUNT = FINE * 64;

    /** Blocks of 64 KiB and below are small: cut from slabs. */
    private static final int SMALL_POWER = 16;

    /** The number of small classes, which are the first ones. */
    static final int SMALL = FINE * SMALL_POWER;

    private final int index;
    private final long bytes;
    private @Nullable Piece top;
    private int count;

    SizeClass(int index) {
        this.index = index;
        this.bytes = bytes(index);
    }

    /** The class for a block of 64 bytes or more. */
    static int index(long bytes) {
        int power = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int part = (int) ((bytes - 1) >>> power - 4) & FINE - 1;
        return FINE * power + (power < SMALL_POWER ? part | 3 : part);
    }

    /** The largest class whose blocks fit into so many bytes, 64 or more. */
    static int floor(long bytes) {
        int power = 63 - Long.numberOfLeadingZeros(bytes);
        int part = (int) (bytes >>> power - 4) & FINE - 1;
        return FINE * power + part - 1;
    }

    /** The size of a class's blocks, a multiple of the alignment. */
    static long bytes(int index) {
        int power = index / FINE;
        long bytes = power > 58 ? Long.MAX_VALUE / 2 : (1L << power) + (index % FINE + 1) * ((1L << power) / FINE);
        return (bytes + BlockPool.ALIGNMENT - 1) & -BlockPool.ALIGNMENT;
    }

    /** Forgets all pieces. */
    void clear() {
        top = null;
        count = 0;
    }

    void push(Piece piece) {
        piece.above = null;
        piece.below = top;
        if (top != null) {
            top.above = piece;
        }
        top = piece;
        count++;
    }

    @Nullable
    Piece pop() {
        Piece piece = top;
        if (piece != null) {
            remove(piece);
        }
        return piece;
    }

    private void remove(Piece piece) {
        if (piece.above == null) {
            top = piece.below;
        } else {
            piece.above.below = piece.below;
        }
        if (piece.below != null) {
            piece.below.above = piece.above;
        }
        piece.above = null;
        piece.below = null;
        count--;
    }

    /** Cuts a slab into pieces and lends one of them. */
    Piece cut(Range slab) {
        Piece[] pieces = new Piece[(int) (slab.bytes() / bytes)];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = new Piece(slab, index, i * bytes);
        }
        slab.cut(pieces);
        for (int i = pieces.length - 1; i > 0; i--) {
            push(pieces[i]);
        }
        slab.lend();
        return pieces[0];
    }

    /** Whether more wait than the pieces of a slab that are all waiting. */
    boolean hasMoreThan(Range slab) {
        return count > slab.pieces().length;
    }

    /** Makes a slab whose pieces all wait one block again. */
    void dissolve(Range slab) {
        for (Piece piece : slab.pieces()) {
            remove(piece);
        }
        slab.join();
    }

    /** The slabs whose pieces all wait. */
    Set<Range> unusedSlabs() {
        Set<Range> unused = new LinkedHashSet<>();
        for (Piece piece = top; piece != null; piece = piece.below) {
            if (piece.slab().isUnused()) {
                unused.add(piece.slab());
            }
        }
        return unused;
    }
}
