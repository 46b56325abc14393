package dev.lanewise.cpu.gemm;

/**
 * The innermost kernel: a tile of C, held in registers, plus the product of a few rows of A with one or two vectors of B.
 *
 * <p>All addresses and strides are in bytes. Rows beyond {@code rows} repeat the last one, so edge tiles read and write
 * nothing outside their matrices. Each element of the tile is one chain of fused multiply-adds in ascending k, whatever the
 * tile's shape, so the cut into tiles never changes a bit of the result.
 */
interface MicroKernel {
    /** Rows of a full tile. */
    int rows();

    /**
     * Tile of two vectors: {@code c = init + a * b}.
     *
     * @param rows valid rows, 1 to {@link #rows()}
     * @param k length of the inner dimension, at least 1
     * @param a first element of A, strides {@code aRow} and {@code aColumn}
     * @param b first row of B, {@code bRow} bytes from row to row
     * @param init start values, {@code initRow} bytes from row to row; may be {@code c} itself
     * @param c the output tile, {@code cRow} bytes from row to row
     */
    void wide(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow);

    /** As {@link #wide} for a tile of one vector. */
    void narrow(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow);
}
