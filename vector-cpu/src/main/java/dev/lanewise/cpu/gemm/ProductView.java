package dev.lanewise.cpu.gemm;

/**
 * One product as the loops see it, strides in bytes. With {@code transposedOutput} it is the product of the swapped and
 * transposed operands, {@code C^T = B^T A^T}: then {@code cRow} is one element and {@code cColumn} the stride of C's rows.
 */
record ProductView(
        int m,
        int n,
        int k,
        long aRow,
        long aColumn,
        long bRow,
        long bColumn,
        long cRow,
        long cColumn,
        double alpha,
        double beta,
        Bias bias,
        Activation activation,
        boolean transposedOutput) {

    static ProductView of(GemmShape s, int elementBytes) {
        return new ProductView(
                s.m(),
                s.n(),
                s.k(),
                s.aRow() * elementBytes,
                s.aColumn() * elementBytes,
                s.bRow() * elementBytes,
                s.bColumn() * elementBytes,
                s.cRow() * elementBytes,
                elementBytes,
                s.alpha(),
                s.beta(),
                s.bias(),
                s.activation(),
                false);
    }

    /** The same product from the other side: A and B change places, C is stored transposed. */
    ProductView transposed() {
        Bias other = switch (bias) {
            case NONE -> Bias.NONE;
            case PER_COLUMN -> Bias.PER_ROW;
            case PER_ROW -> Bias.PER_COLUMN;
        };
        return new ProductView(
                n,
                m,
                k,
                bColumn,
                bRow,
                aColumn,
                aRow,
                cColumn,
                cRow,
                alpha,
                beta,
                other,
                activation,
                !transposedOutput);
    }
}
