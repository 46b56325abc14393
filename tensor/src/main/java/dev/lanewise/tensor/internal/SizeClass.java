package dev.lanewise.tensor.internal;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The waiting blocks of one size, the most recently returned first: it is likely to be in a cache. */
final class SizeClass {
    /** The size of the blocks that small ones are cut from. */
    static final long SLAB = 1 << 20;

    private static final long SMALL = 64 << 10;
    private static final int SMALL_POWER = 16;

    /** Sizes per power of two: four for small blocks, 16 for the others. */
    private static final int FINE = 16;

    static final int COUNT = FINE * 64;

    private final int index;
    private final long bytes;
    private @Nullable Block top;
    private int count;

    SizeClass(int index) {
        this.index = index;
        this.bytes = bytes(index);
    }

    /** The class for a size of 64 bytes or more. */
    static int index(long bytes) {
        int power = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int part = (int) ((bytes - 1) >>> power - 4) & FINE - 1;
        return FINE * power + (power < SMALL_POWER ? part | 3 : part);
    }

    /** The size of a class's blocks, a multiple of the alignment. */
    private static long bytes(int index) {
        int power = index / FINE;
        long bytes = power > 58 ? Long.MAX_VALUE / 2 : (1L << power) + (index % FINE + 1) * ((1L << power) / FINE);
        return (bytes + BlockPool.ALIGNMENT - 1) & -BlockPool.ALIGNMENT;
    }

    int index() {
        return index;
    }

    long bytes() {
        return bytes;
    }

    /** Whether the blocks are cut from slabs. */
    boolean isSmall() {
        return bytes <= SMALL;
    }

    void push(Block block) {
        block.above = null;
        block.below = top;
        if (top != null) {
            top.above = block;
        }
        top = block;
        count++;
    }

    @Nullable
    Block pop() {
        Block block = top;
        if (block != null) {
            remove(block);
        }
        return block;
    }

    void remove(Block block) {
        if (block.above == null) {
            top = block.below;
        } else {
            block.above.below = block.below;
        }
        if (block.below != null) {
            block.below.above = block.above;
        }
        block.above = null;
        block.below = null;
        count--;
    }

    /** Cuts a slab into blocks and lends one of them. */
    Block cut(Block slab) {
        Block[] pieces = slab.cut(this);
        for (int i = pieces.length - 1; i > 0; i--) {
            push(pieces[i]);
        }
        pieces[0].lend();
        return pieces[0];
    }

    /** Whether more blocks wait than the pieces of one slab whose pieces all wait. */
    boolean hasMoreThan(Block slab) {
        return count > slab.pieces().length;
    }

    /** Makes a slab whose pieces all wait one block again. */
    void dissolve(Block slab) {
        for (Block piece : slab.pieces()) {
            remove(piece);
        }
        slab.join();
    }

    /** The slabs whose pieces all wait. */
    Set<Block> unusedSlabs() {
        Set<Block> unused = new LinkedHashSet<>();
        for (Block block = top; block != null; block = block.below) {
            Block slab = block.slab();
            if (slab != null && slab.isUnused()) {
                unused.add(slab);
            }
        }
        return unused;
    }
}
