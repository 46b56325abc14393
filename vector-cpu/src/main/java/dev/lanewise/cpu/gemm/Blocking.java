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
    private static final boolean WIDE = Species.VECTOR_BYTES >= 64;

    /** A task below this many multiply-adds costs less than handing it to another thread. */
    static final long SMALLEST_TASK = 1 << 18;

    /** Rows of C this many bytes apart, or more, fall into few sets of the caches: sums are built up in a dense tile. */
    static final int LEAST_STRIDE_FOR_TILE = 8192;

    /**
     * Likewise for A with contiguous rows: from this stride on its blocks are copied. Not where groups of rows are short: rows
     * that share a set of the first-level cache are read line by line there, and what is evicted comes from the second.
     */
    private static final int LEAST_ROW_STRIDE_FOR_COPY = WIDE ? 8192 : Integer.MAX_VALUE;

    /** And with contiguous columns, where each step of k is in another cache line. */
    private static final int LEAST_COLUMN_STRIDE_FOR_COPY = 512;

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
     * Bytes of a panel of B, two vectors wide: a first-level cache of 32 KB. What a tile reads of A evicts a part of it, which
     * costs less than to store and load C more often.
     */
    private static final int PANEL_BYTES = 32 * 1024;

    /** With these a task's part of A, B and C for one block of k fits a second-level cache of 2 MB. */
    private static final int MOST_ROWS = 512;

    private static final int MOST_COLUMNS = 512;

    /**
     * Rows of A that are used with all panels of B before the next. Processors with 256-bit vectors have second-level caches from
     * 256 KB on (512 KB on Zen 3, where whole tasks are 4 to 8 % slower), those with 512-bit vectors 1 or 2 MB, which hold a
     * whole task.
     */
    private static final int GROUP_ROWS = WIDE ? MOST_ROWS : 72;

    private static final int LEAST_COLUMNS = 64;
    private static final int TASKS_PER_THREAD = 4;
    private static final int LINE = 64;

    /** Up to this k a tile takes so little time that its stores decide: rows of C are then written along, not down. */
    private static final int SHALLOW = 64;

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

    /** Whether A, whose columns are contiguous, is packed in tiles before all tasks. */
    boolean packsTiles(ProductView view, int elementBytes) {
        return view.aRow() == elementBytes
                && view.aColumn() >= LEAST_COLUMN_STRIDE_FOR_COPY
                && view.n() >= LEAST_COLUMNS_FOR_COPY
                && view.m() > LEAST_ROWS_FOR_COPY;
    }

    /** Whether a task copies its blocks of A, whose rows are contiguous. */
    boolean copiesA(ProductView view, int elementBytes) {
        return view.aColumn() == elementBytes
                && view.aRow() >= LEAST_ROW_STRIDE_FOR_COPY
                && Math.min(taskColumns, view.n()) >= LEAST_COLUMNS_FOR_COPY
                && view.m() > LEAST_ROWS_FOR_COPY;
    }

    /** Rows whose block of A is used with all panels of B before the next. */
    int groupRows(Kernels kernels, ProductView view) {
        return view.k() <= SHALLOW
                ? kernels.micro().rows()
                : roundUp(GROUP_ROWS, kernels.micro().rows());
    }

    /** How many bytes a packed block of the given number of rows of A may take. */
    long aBlockBytes(int rows, int elementBytes) {
        return rows * spreadRow(kc, elementBytes);
    }

    /** Bytes of a row of packed A: an odd number of cache lines, so that rows fall into different sets of the cache. */
    static long spreadRow(int elements, int elementBytes) {
        return (Math.ceilDiv((long) elements * elementBytes, LINE) | 1) * LINE;
    }

    static int roundUp(int size, int unit) {
        return Math.ceilDiv(size, unit) * unit;
    }
}
