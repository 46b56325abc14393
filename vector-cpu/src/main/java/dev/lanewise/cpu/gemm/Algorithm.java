package dev.lanewise.cpu.gemm;

/** The ways a product is computed. */
enum Algorithm {
    /** One row of A with the columns of B, each of them contiguous: dot products, nothing is copied. */
    DOTS,

    /** As {@link #DOTS} from the other side: the rows of A with one column of B. */
    DOTS_SWAPPED,

    /** One row of A with B, whose rows are contiguous: their weighted sum. */
    ROWS,

    /** As {@link #ROWS} from the other side: A, whose columns are contiguous, with one column of B. */
    ROWS_SWAPPED,

    /** Blocks and panels. */
    BLOCKED,

    /** Blocks and panels of the transposed product, where that leaves less to transpose in memory. */
    BLOCKED_SWAPPED;

    /** The choice for a shape; it depends on sizes and strides alone. */
    static Algorithm choose(GemmShape shape) {
        boolean aContiguous = shape.aColumn() == 1 || shape.k() == 1;
        boolean bContiguous = shape.bRow() == 1 || shape.k() == 1;
        if (shape.m() == 1 && aContiguous && bContiguous) {
            return DOTS;
        }
        if (shape.n() == 1 && aContiguous && bContiguous) {
            return DOTS_SWAPPED;
        }
        if (shape.m() == 1 && shape.bColumn() == 1) {
            return ROWS;
        }
        if (shape.n() == 1 && shape.aRow() == 1) {
            return ROWS_SWAPPED;
        }
        if (shape.bColumn() == 1 || shape.n() == 1) {
            return BLOCKED;
        }
        long transposeB = (long) shape.n() * shape.k();
        long transposeA = shape.aRow() == 1 ? 0 : (long) shape.m() * shape.k();
        long transposeC = 2L * shape.m() * shape.n();
        return transposeA + transposeC < transposeB ? BLOCKED_SWAPPED : BLOCKED;
    }

    boolean swapsOperands() {
        return this == DOTS_SWAPPED || this == ROWS_SWAPPED || this == BLOCKED_SWAPPED;
    }
}
