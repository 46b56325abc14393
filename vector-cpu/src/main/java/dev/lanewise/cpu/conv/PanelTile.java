package dev.lanewise.cpu.conv;

/**
 * The micro-kernel of the products in the Winograd domain: {@link #ROWS} rows of a matrix with any strides by a panel of
 * {@link #COLUMNS} columns.
 */
public final class PanelTile {
    private static final boolean WIDE = Vectors.BYTES >= 64;

    /** Rows of a tile. */
    public static final int ROWS = WIDE ? PanelTile8x2.ROWS : PanelTile4x2.ROWS;

    /** Columns of a tile and of a panel. */
    public static final int COLUMNS = 2 * Vectors.LANES;

    private PanelTile() {}

    /**
     * Computes {@code c[i] = start[i] + sum over steps of a[i][step] * b[step]}, where rows of b and c are panel rows. All
     * places are addresses, all strides bytes.
     *
     * @param a first element of the left matrix
     * @param aRow from one of its rows to the next
     * @param aStep from one of its columns to the next
     * @param b the panel, {@code [steps][COLUMNS]}
     * @param steps length of the sums
     * @param start what the sums start from
     * @param startRow from one of its rows to the next; 0 repeats one row
     * @param c receives the sums
     * @param cRow from one of its rows to the next
     */
    public static void run(
            long a, long aRow, long aStep, long b, int steps, long start, long startRow, long c, long cRow) {
        if (WIDE) {
            PanelTile8x2.run(a, aRow, aStep, b, steps, start, startRow, c, cRow);
        } else {
            PanelTile4x2.run(a, aRow, aStep, b, steps, start, startRow, c, cRow);
        }
    }

    /**
     * Adds the same sums to {@code c}, cut into chains, each times a factor of its own: rounding errors of a long sum of numbers that
     * are alike have one sign.
     *
     * @param chain steps of a chain
     * @param scales a factor for each chain
     * @param start what each of them starts from
     */
    public static void add(
            long a,
            long aRow,
            long aStep,
            long b,
            int steps,
            int chain,
            long scales,
            long start,
            long startRow,
            long c,
            long cRow) {
        if (WIDE) {
            PanelTile8x2.add(a, aRow, aStep, b, steps, chain, scales, start, startRow, c, cRow);
        } else {
            PanelTile4x2.add(a, aRow, aStep, b, steps, chain, scales, start, startRow, c, cRow);
        }
    }
}
