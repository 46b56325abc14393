package dev.lanewise.cpu.linalg;

import java.util.Arrays;

/**
 * Reduced {@code A = Q R} by Householder's reflections (Golub and Van Loan, Matrix Computations, 5.2), with LAPACK's signs:
 * a column that is zero below the diagonal is left as it is, others get a diagonal element of the sign opposite to theirs.
 */
final class HouseholderQr {
    private final Matrix a;
    private final int rank;
    private final double[] factors;
    private final int exponent;

    /** Factors a matrix in its place. */
    HouseholderQr(Matrix a) {
        this.a = a;
        rank = Math.min(a.rows(), a.columns());
        factors = new double[rank];
        exponent = a.exponent();
        a.scale(-exponent);
        double[] row = new double[a.columns()];
        for (int j = 0; j < rank; j++) {
            factors[j] = reflector(j);
            reflect(j, a, j + 1, row);
        }
    }

    /** Puts the diagonal element of R and, below it, the vector of the reflection (its first element is 1). */
    private double reflector(int j) {
        double squares = 0;
        for (int i = j + 1; i < a.rows(); i++) {
            squares += a.get(i, j) * a.get(i, j);
        }
        if (squares == 0) {
            return 0;
        }
        double alpha = a.get(j, j);
        double beta = -Math.copySign(Math.sqrt(alpha * alpha + squares), alpha);
        for (int i = j + 1; i < a.rows(); i++) {
            a.set(i, j, a.get(i, j) / (alpha - beta));
        }
        a.set(j, j, beta);
        return (beta - alpha) / beta;
    }

    /** {@code x -= factor v (v^T x)} in the columns of x from one on. */
    private void reflect(int j, Matrix x, int column, double[] row) {
        if (factors[j] == 0) {
            return;
        }
        int width = x.columns() - column;
        Arrays.fill(row, 0, width, 0);
        for (int i = j; i < x.rows(); i++) {
            Matrix.addRow(row, 0, i == j ? 1 : a.get(i, j), x.data(), i * x.columns() + column, width);
        }
        for (int i = j; i < x.rows(); i++) {
            double v = i == j ? 1 : a.get(i, j);
            Matrix.addRow(x.data(), i * x.columns() + column, -factors[j] * v, row, 0, width);
        }
    }

    /** {@code [m, k]} with orthonormal columns. */
    Matrix q() {
        Matrix q = Matrix.identity(a.rows(), rank);
        double[] row = new double[rank];
        for (int j = rank - 1; j >= 0; j--) {
            reflect(j, q, j, row);
        }
        return q;
    }

    /** {@code [k, n]}, upper triangular. */
    Matrix r() {
        Matrix r = scaledR();
        r.scale(exponent);
        return r;
    }

    /** R divided by two to the {@link #exponent}: its elements are of moderate size. */
    Matrix scaledR() {
        Matrix r = Matrix.zeros(rank, a.columns());
        for (int i = 0; i < rank; i++) {
            System.arraycopy(a.data(), i * a.columns() + i, r.data(), i * a.columns() + i, a.columns() - i);
        }
        return r;
    }

    int exponent() {
        return exponent;
    }
}
