package dev.lanewise.cpu.reduce;

/**
 * Combines elements of one type in one way. Partial results of rows are 8 bytes wide, those of columns have the element
 * type, so that columns of partial results combine by the same kernel.
 */
interface Kernel {
    /** Combines {@code rows} rows of {@code n} neighbouring elements, {@code stride} bytes apart, into one partial. */
    void rows(long x, long rows, long stride, long n, long partial);

    /** Combines neighbouring partials in order, in the first one. */
    void combine(long partials, long count);

    /** Writes the result of a partial that stands for {@code count} elements. */
    void finish(long partial, long count, long output);

    /** Whether {@link #columns} works. */
    boolean hasColumns();

    /** Combines {@code rows} rows of {@code n} elements, {@code stride} bytes apart, column by column. */
    void columns(long x, long rows, long stride, int n, long output);

    /** Writes what is left to do to {@code n} column results that stand for {@code count} elements each. */
    void finishColumns(long columns, int n, long count);
}
