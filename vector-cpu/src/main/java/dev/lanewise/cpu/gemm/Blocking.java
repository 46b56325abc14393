package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.Species;

/**
 * How a product is cut: k into blocks whose panel of B stays in the first-level cache, C into tasks.
 *
 * <p>The blocks of k depend on the shape alone. The cut of C may depend on the number of threads: an element of C is the
 * same chain of operations in whichever task and tile it falls.
 *
 * @param kc inner dimension of a block
 * @param taskRows rows of C in a task, a multiple of the micro-kernel's
 * @param taskColumns columns of C in a task, a multiple of two vectors
 */
record Blocking(int kc, int taskRows, int taskColumns) {
    /** A task below this many multiply-adds costs less than handing it to another thread. */
    static final long SMALLEST_TASK = 1 << 18;

    /** Rows of C this many bytes apart, or more, fall into few sets of the caches: sums are built up in a dense tile. */
    static final int LEAST_STRIDE_FOR_TILE = 8192;

    /** Likewise for A with contiguous rows: from this stride on its blocks are copied. */
    private static final int LEAST_ROW_STRIDE_FOR_COPY = 8192;

    /** And with contiguous columns, where each step of k is in another cache line. */
    private static final int LEAST_COLUMN_STRIDE_FOR_COPY = 1024;

    /**
     * So many rows of C read B where it lies: the arithmetic of the first tile goes on while B comes from memory, which a copy
     * would wait for, and the others, one or two, find B in the second-level cache.
     */
    static final int MOST_ROWS_IN_PLACE = 16;

    /** Rows of B a multiple of this many bytes apart fall into too few sets of a second-level cache for a block. */
    private static final int CROWDED_STRIDE = 4096;

    /** From this many columns and rows of C on, a copy of A pays off. */
    private static final int LEAST_COLUMNS_FOR_COPY = 64;

    private static final int LEAST_ROWS_FOR_COPY = 16;

    /**
     * Bytes of a panel of B, two vectors wide. Processors with 512-bit vectors have first-level caches of 48 KB (Intel) or
     * 32 KB (AMD), others 32 KB; the rest is for a tile of A and of C.
     */
    private static final int PANEL_BYTES = (Species.VECTOR_BYTES >= 64 ? 32 : 16) * 1024;

    /** With these a task's part of A, B and C for one block of k fits a second-level cache of 2 MB. */
    private static final int MOST_ROWS = 512;

    private static final int MOST_COLUMNS = 512;
    private static final int LEAST_COLUMNS = 64;
    private static final int TASKS_PER_THREAD = 4;
    private static final int LINE = 64;

    static Blocking of(Kernels kernels, int m, int n, int k, int threads) {
        int width = 2 * kernels.lanes();
        int height = kernels.micro().rows();
        int deepest = PANEL_BYTES / (width * kernels.elementBytes());
        int blocks = Math.max(1, Math.ceilDiv(k, deepest));
        int rows = Math.min(roundUp(Math.max(1, m), height), roundUp(MOST_ROWS, height));
        int columns = Math.min(roundUp(Math.max(1, n), width), roundUp(MOST_COLUMNS, width));
        int wanted = TASKS_PER_THREAD * threads;
        while ((long) Math.ceilDiv(m, rows) * Math.ceilDiv(n, columns) < wanted
                && (long) rows * columns * k >= 2 * SMALLEST_TASK) {
            // Narrow tasks before flat ones: a panel of B is packed for each task, A mostly isn't.
            if (columns > Math.max(width, LEAST_COLUMNS) || columns > width && rows <= height) {
                columns = roundUp(columns / 2, width);
            } else if (rows > height) {
                rows = roundUp(rows / 2, height);
            } else {
                break;
            }
        }
        return new Blocking(Math.max(1, Math.ceilDiv(k, blocks)), rows, columns);
    }

    /** Whether a block of B whose rows lie that many bytes apart spreads over the second-level cache. */
    static boolean spreads(long rowBytes) {
        return rowBytes % CROWDED_STRIDE != 0;
    }

    /** Whether a task copies its blocks of A. */
    boolean packsA(ProductView view, int elementBytes) {
        boolean rowsContiguous = view.aColumn() == elementBytes;
        boolean columnsContiguous = view.aRow() == elementBytes;
        if (!rowsContiguous && !columnsContiguous
                || Math.min(taskColumns, view.n()) < LEAST_COLUMNS_FOR_COPY
                || view.m() <= LEAST_ROWS_FOR_COPY) {
            return false;
        }
        return rowsContiguous
                ? view.aRow() >= LEAST_ROW_STRIDE_FOR_COPY
                : view.aColumn() >= LEAST_COLUMN_STRIDE_FOR_COPY;
    }

    /** How many bytes a packed block of the given number of rows of A may take. */
    long aBlockBytes(int rows, int elementBytes) {
        return Math.max(rows * spreadRow(kc, elementBytes), kc * spreadRow(rows, elementBytes));
    }

    /** Bytes of a row of packed A: an odd number of cache lines, so that rows fall into different sets of the cache. */
    static long spreadRow(int elements, int elementBytes) {
        return (Math.ceilDiv((long) elements * elementBytes, LINE) | 1) * LINE;
    }

    static int roundUp(int size, int unit) {
        return Math.ceilDiv(size, unit) * unit;
    }
}
