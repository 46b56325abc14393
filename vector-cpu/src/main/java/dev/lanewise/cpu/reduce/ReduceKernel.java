package dev.lanewise.cpu.reduce;

/**
 * Combines elements of one type in one way. Partial results of rows are 8 bytes wide, those of columns
 * {@link #columnBytes}.
 */
interface ReduceKernel {
    /** Combines {@code rows} rows of {@code n} neighbouring elements, {@code stride} bytes apart, into one partial. */
    void rows(long x, long rows, long stride, long n, long partial);

    /** Combines neighbouring partials in order, in the first one. */
    void combine(long partials, long count);

    /** Writes the result of a partial that stands for {@code count} elements. */
    void finish(long partial, long count, long output);

    /** Whether {@link #columns} works. */
    boolean hasColumns();

    /** The bytes of a partial result of a column. */
    int columnBytes();

    /** Combines {@code rows} rows of {@code n} elements, {@code stride} bytes apart, column by column. */
    void columns(long x, long rows, long stride, int n, long output);

    /** Combines {@code rows} rows of {@code n} partial results of columns likewise. */
    default void combineColumns(long partials, long rows, long stride, int n, long output) {
        columns(partials, rows, stride, n, output);
    }

    /** Makes {@code n} partial results, of {@code count} elements each, results side by side in the same place. */
    void finishColumns(long columns, int n, long count);
}
