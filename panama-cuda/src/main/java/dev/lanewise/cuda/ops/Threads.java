package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.tensor.DType;

/**
 * The threads of a launch. They depend only on sizes, never on the device, so that sums are computed in the same order
 * everywhere.
 *
 * @param grid the blocks
 * @param block the threads of each
 * @param across whether a team's threads differ in y, and neighbouring threads work on neighbouring rows
 */
record Threads(Grid grid, Block block, boolean across) {
    /** The maximum number of threads of a block; kernels have shared memory for no more. */
    static final int MOST = 256;

    /** Enough to fill a large GPU several times; kernels stride over what is beyond. */
    private static final long MOST_BLOCKS = 1 << 20;

    /** The minimum number of elements of a row per thread before another thread joins its team. */
    private static final long ELEMENTS = 4;

    private static final int PACK_BYTES = 16;

    /** The elements of a row that a thread has registers for in single precision, as kernels have them. */
    private static final int MOST_KEPT = 16;

    /** So many threads fill a large GPU. */
    private static final long MANY_THREADS = 1 << 16;

    private static final int WARP = 32;
    private static final Block FULL = Block.of(MOST);

    /** One thread per element. */
    static Threads of(long elements) {
        return new Threads(blocks(elements, MOST), FULL, false);
    }

    /** One block of threads that form one team. */
    static Threads ofOneTeam() {
        return new Threads(Grid.of(1), FULL, false);
    }

    /** So many blocks. */
    static Threads ofBlocks(long blocks) {
        return new Threads(blocks(blocks, 1), FULL, false);
    }

    /** So many blocks of as many threads, or of less where a block cannot have them. */
    static Threads ofBlocks(long blocks, long threads) {
        return new Threads(blocks(blocks, 1), Block.of(Math.max(power(threads, MOST), WARP)), false);
    }

    /** A team for each of {@code rows} of {@code n} elements that lie side by side. */
    static Threads alongRows(long rows, long n) {
        return alongRows(rows, n, ELEMENTS);
    }

    /**
     * The same where threads read packs of 16 bytes of a type and keep them: as many as they have registers for, where
     * there is work for a whole GPU, so that much is on its way from memory.
     */
    static Threads alongKeptRows(long rows, long n, DType type) {
        int least = Math.max((int) ELEMENTS, PACK_BYTES / type.bytes());
        int most = type == DType.F64 ? MOST_KEPT / 2 : MOST_KEPT;
        return alongRows(rows, n, Math.clamp(power(rows * n / MANY_THREADS, MOST_KEPT), least, most));
    }

    private static Threads alongRows(long rows, long n, long elements) {
        int lanes = power(Math.ceilDiv(n, elements), MOST);
        int teams = Math.min(MOST / lanes, Math.max(power(rows, MOST), WARP / lanes));
        return new Threads(blocks(rows, teams), new Block(lanes, Math.max(teams, 1), 1), false);
    }

    /** A team for each of {@code rows} that lie side by side; a row's {@code n} elements are apart. */
    static Threads acrossRows(long rows, long n) {
        int teams = power(rows, WARP);
        // a whole warp: its threads exchange values where a team is all there is
        int lanes = Math.max(power(Math.ceilDiv(n, ELEMENTS), MOST / teams), WARP / teams);
        return new Threads(blocks(rows, teams), new Block(teams, lanes, 1), true);
    }

    /** Threads of the y dimension for each of {@code rows}, which those of the x dimension copy together. */
    static Threads copyingRows(long rows, long n) {
        int lanes = power(n, MOST);
        return new Threads(blocks(rows, MOST / lanes), new Block(lanes, MOST / lanes, 1), false);
    }

    /** The same blocks so many times in y. */
    Threads times(int parts) {
        return new Threads(new Grid(grid.x(), parts, 1), block, across);
    }

    /** Threads that share a row. */
    int lanes() {
        return across ? block.y() : block.x();
    }

    /** {@code across} as kernels take it. */
    int acrossFlag() {
        return across ? 1 : 0;
    }

    static Grid blocks(long rows, int rowsOfBlock) {
        return Grid.of((int) Math.clamp(Math.ceilDiv(rows, (long) rowsOfBlock), 1, MOST_BLOCKS));
    }

    /** The power of two at or above {@code n}, but at most {@code most}. */
    private static int power(long n, int most) {
        return n >= most ? most : n <= 1 ? 1 : Integer.highestOneBit((int) n - 1) << 1;
    }
}
