package dev.lanewise.cpu.gemm;

/**
 * How a product is cut: k into blocks whose panel of B stays in the first-level cache, C into tasks.
 *
 * <p>Sizes depend on the shape only, never on the number of threads.
 *
 * @param kc inner dimension of a block
 * @param taskRows rows of C in a task, a multiple of the micro-kernel's
 * @param taskColumns columns of C in a task, a multiple of two vectors
 */
record Blocking(int kc, int taskRows, int taskColumns) {
    /** A task below this many multiply-adds costs less than handing it to another thread. */
    static final long SMALLEST_TASK = 1 << 18;

    /** Bytes of a panel of B, two vectors wide: three quarters of a 32 KB first-level cache, the rest is for A and C. */
    private static final int PANEL_BYTES = 24 * 1024;

    private static final int MOST_ROWS = 256;
    private static final int MOST_COLUMNS = 256;
    private static final int WANTED_TASKS = 12;

    static Blocking of(Kernels kernels, int m, int n, int k) {
        int width = 2 * kernels.lanes();
        int height = kernels.micro().rows();
        int most = PANEL_BYTES / (width * kernels.elementBytes());
        int blocks = Math.max(1, Math.ceilDiv(k, most));
        int rows = Math.min(roundUp(m, height), roundUp(MOST_ROWS, height));
        int columns = Math.min(roundUp(n, width), roundUp(MOST_COLUMNS, width));
        while (canHalve(rows, height) || canHalve(columns, width)) {
            long tasks = (long) Math.ceilDiv(m, rows) * Math.ceilDiv(n, columns);
            if (tasks >= WANTED_TASKS || (long) rows * columns * k < 2 * SMALLEST_TASK) {
                break;
            }
            if (canHalve(columns, width) && (columns >= rows || !canHalve(rows, height))) {
                columns = roundUp(columns / 2, width);
            } else {
                rows = roundUp(rows / 2, height);
            }
        }
        return new Blocking(Math.max(1, Math.ceilDiv(k, blocks)), rows, columns);
    }

    private static boolean canHalve(int size, int unit) {
        return size > unit;
    }

    static int roundUp(int size, int unit) {
        return Math.ceilDiv(size, unit) * unit;
    }
}
