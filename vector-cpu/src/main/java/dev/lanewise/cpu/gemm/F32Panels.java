package dev.lanewise.cpu.gemm;

/** The single-precision micro-kernel and its packing, for products whose operands are unpacked a piece at a time. */
public final class F32Panels {
    /** Rows of a tile. */
    public static final int ROWS = Kernels.F32.micro().rows();

    /** Columns of a tile and of a panel. */
    public static final int WIDTH = 2 * Kernels.F32.lanes();

    private F32Panels() {}

    /**
     * A tile of {@link #WIDTH} columns: {@code c = init + a b}, one chain of fused multiply-adds in ascending k for each element.
     * Strides are in bytes.
     *
     * @param rows from 1 to {@link #ROWS}
     * @param k at least 1
     * @param a rows {@code aRow} apart, dense
     * @param b a panel, rows {@code bRow} apart
     * @param init start values, rows {@code initRow} apart
     * @param c the result, rows {@code cRow} apart
     */
    public static void tile(
            int rows, int k, long a, long aRow, long b, long bRow, long init, long initRow, long c, long cRow) {
        Kernels.F32.micro().wide(rows, k, a, aRow, Float.BYTES, b, bRow, init, initRow, c, cRow);
    }

    /** Packs {@code columns} dense vectors of k elements, {@code step} bytes apart, as the columns of one panel. */
    public static void packColumns(long source, long step, int k, int columns, long panel) {
        Kernels.F32.packing().pack(source, Float.BYTES, step, k, columns, WIDTH, panel);
    }

    /** The dot products of x with the rows of a matrix, {@code row} bytes apart. */
    public static void dots(int rows, int k, long x, long matrix, long row, long out) {
        Kernels.F32.matrixVector().dots(rows, k, x, matrix, row, out);
    }
}
