package dev.lanewise.cpu.gemm;

/** Brings sums to C: factors, bias and activation, transposed where the operands were swapped. */
record OutputStage(Kernels kernels, ProductView view) {
    /** Whether the bias of a column is what its sums start from, rather than being added at the end. */
    boolean startsFromBias() {
        return view.bias() == Bias.PER_COLUMN && view.alpha() == 1 && view.beta() == 0;
    }

    /** Whether sums can't be built up in C itself. */
    boolean needsTile() {
        return view.transposedOutput() || view.alpha() != 1 || (view.beta() != 0 && view.beta() != 1);
    }

    /** Copies a tile of sums to C, with alpha and beta. */
    void store(int rows, int columns, long tile, long tileRow, long c, double alpha, double beta) {
        if (view.transposedOutput()) {
            kernels.finish().combineTransposed(rows, columns, tile, tileRow, c, view.cColumn(), alpha, beta);
        } else {
            kernels.finish().combine(rows, columns, tile, tileRow, c, view.cRow(), alpha, beta);
        }
    }

    /**
     * Adds the bias and applies the activation in place.
     *
     * @param c the tile's first element in C
     * @param bias the bias of the tile's first row or column, or 0 to add none
     */
    void finish(int rows, int columns, long c, long bias) {
        boolean swapped = view.transposedOutput();
        int storedRows = swapped ? columns : rows;
        int storedColumns = swapped ? rows : columns;
        long storedRow = swapped ? view.cColumn() : view.cRow();
        if (bias != 0) {
            boolean alongColumns = (view.bias() == Bias.PER_COLUMN) != swapped;
            if (alongColumns) {
                kernels.finish().addPerColumn(storedRows, storedColumns, c, storedRow, bias);
            } else {
                kernels.finish().addPerRow(storedRows, storedColumns, c, storedRow, bias);
            }
        }
        kernels.finish().activate(storedRows, storedColumns, c, storedRow, view.activation());
    }
}
