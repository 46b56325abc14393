package dev.lanewise.cpu.gemm;

/** What happens to a tile of C after its last multiply-add. Addresses and strides are in bytes. */
interface Finish {
    /** {@code c = alpha * source + beta * c}; {@code c} is not read when {@code beta} is 0. */
    void combine(int rows, int columns, long source, long sourceRow, long c, long cRow, double alpha, double beta);

    /** As {@link #combine}, with element (i, j) of the source going to row j, column i of C. */
    void combineTransposed(
            int rows, int columns, long source, long sourceRow, long c, long cRow, double alpha, double beta);

    /** Adds {@code bias[j]} to every element of column j. */
    void addPerColumn(int rows, int columns, long c, long cRow, long bias);

    /** Adds {@code bias[i]} to every element of row i. */
    void addPerRow(int rows, int columns, long c, long cRow, long bias);

    /** Applies the activation in place. */
    void activate(int rows, int columns, long c, long cRow, Activation activation);
}
