package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.tensor.DType;

/**
 * The threads of a kernel that goes over lines of elements: those of the x dimension share a line, in packs of 16 bytes where
 * lines consist of whole ones.
 *
 * @param packed whether elements are read and written in packs
 */
public record Planewise(Grid grid, Block block, long lines, boolean packed) {
    private static final int THREADS = 256;
    /** What memory gives a thread at once. */
    public static final int PACK_BYTES = 16;

    private static final long MOST_BLOCKS = 1 << 20;

    /**
     * For lines that follow one another in memory.
     *
     * @param address where they begin
     */
    public static Planewise of(long lines, long length, long address, DType dtype) {
        boolean packed = length * dtype.bytes() % PACK_BYTES == 0 && address % PACK_BYTES == 0;
        long pieces = packed ? length * dtype.bytes() / PACK_BYTES : length;
        int lanes = power(pieces, THREADS);
        int rows = THREADS / lanes;
        long blocks = Math.clamp(Math.ceilDiv(lines, (long) rows), 1, MOST_BLOCKS);
        return new Planewise(Grid.of((int) blocks), new Block(lanes, rows, 1), lines, packed);
    }

    /** The power of two at or above {@code n}, but at most {@code most}. */
    public static int power(long n, int most) {
        return n >= most ? most : Integer.highestOneBit(Math.max(1, 2 * (int) n - 1));
    }
}
