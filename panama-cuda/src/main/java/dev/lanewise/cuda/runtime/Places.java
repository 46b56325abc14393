package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;

/**
 * The threads of a kernel that goes over the places of planes {@code [planes, rows, columns]}, each dimension of them with
 * threads of its own, so that no thread divides to find its place.
 *
 * @param grid blocks of rows and of planes
 * @param block threads of columns, rows and planes
 */
public record Places(Grid grid, Block block) {
    private static final int THREADS = 256;

    /** The most that a block has in its third dimension, and a grid in its second. */
    private static final int MOST_THIRD = 64;

    private static final int MOST_SECOND = 65_535;
    private static final long MOST_BLOCKS = 1 << 20;

    /** For so many places; kernels stride over what is beyond the largest grid. */
    public static Places of(long planes, long rows, long columns) {
        int x = Planewise.power(columns, THREADS);
        int y = Planewise.power(rows, THREADS / x);
        int z = Math.min(MOST_THIRD, THREADS / x / y);
        long ofRows = Math.clamp(Math.ceilDiv(rows, (long) y), 1, MOST_BLOCKS);
        long ofPlanes = Math.clamp(Math.ceilDiv(planes, (long) z), 1, MOST_SECOND);
        return new Places(new Grid((int) ofRows, (int) ofPlanes, 1), new Block(x, y, z));
    }
}
