package dev.lanewise.cpu.elementwise;

/** The innermost loop of an elementwise kernel over one row. Stateless; addresses are native. */
interface Loop {
    /** Bit of {@code pattern}: the first operand is one element, repeated. */
    int A_REPEATED = 1;

    /** Bit of {@code pattern}: the second operand is one element, repeated. */
    int B_REPEATED = 2;

    /** Bit of {@code pattern}: the third operand is one element, repeated. */
    int C_REPEATED = 4;

    /**
     * Computes a row.
     *
     * @param pattern which operands are one repeated element; the others are dense, as is the output
     * @param n the elements of the row, 1 or more
     * @param out where the row of results starts
     * @param a address of the first operand, likewise {@code b} and {@code c}; unused ones are 0
     */
    void run(int pattern, int n, long out, long a, long b, long c);

    /** Whether {@link #run} knows this pattern; other operands are made dense before. */
    default boolean accepts(int pattern) {
        return true;
    }
}
