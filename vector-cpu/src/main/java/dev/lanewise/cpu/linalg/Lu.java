package dev.lanewise.cpu.linalg;

/**
 * {@code P A = L U} by Gaussian elimination with partial pivoting (Golub and Van Loan, Matrix Computations, 3.4). NaN and
 * infinities go through it as they go through arithmetic.
 */
final class Lu {
    private final Matrix lu;
    private final int[] pivots;

    /** Factors a square matrix in its place. */
    Lu(Matrix a) {
        lu = a;
        pivots = new int[a.rows()];
        for (int k = 0; k < a.rows(); k++) {
            pivots[k] = pivot(k);
            a.swapRows(k, pivots[k]);
            if (a.get(k, k) != 0) {
                eliminate(k);
            }
        }
    }

    /** The row of the greatest magnitude; NaN counts as the greatest, lest a zero hides it. */
    private int pivot(int column) {
        int pivot = column;
        for (int row = column + 1; row < lu.rows(); row++) {
            double best = Math.abs(lu.get(pivot, column));
            if (!(Math.abs(lu.get(row, column)) <= best) && !Double.isNaN(best)) {
                pivot = row;
            }
        }
        return pivot;
    }

    private void eliminate(int k) {
        int n = lu.columns();
        for (int row = k + 1; row < n; row++) {
            double factor = lu.get(row, k) / lu.get(k, k);
            lu.set(row, k, factor);
            Matrix.addRow(lu.data(), row * n + k + 1, -factor, lu.data(), k * n + k + 1, n - k - 1);
        }
    }

    /** Whether a pivot is exactly zero, which is what LAPACK takes for singular. */
    boolean isSingular() {
        for (int k = 0; k < lu.rows(); k++) {
            if (lu.get(k, k) == 0) {
                return true;
            }
        }
        return false;
    }

    /** The product of the pivots with the sign of the permutation; 1 for no rows. */
    double determinant() {
        double determinant = 1;
        for (int k = 0; k < pivots.length; k++) {
            determinant *= pivots[k] == k ? lu.get(k, k) : -lu.get(k, k);
        }
        return determinant;
    }

    /** Turns the right sides b into the solutions of {@code A x = b}, in their place. */
    Matrix solve(Matrix b) {
        int n = lu.rows();
        int width = b.columns();
        for (int k = 0; k < n; k++) {
            b.swapRows(k, pivots[k]);
        }
        for (int row = 0; row < n; row++) {
            for (int k = 0; k < row; k++) {
                Matrix.addRow(b.data(), row * width, -lu.get(row, k), b.data(), k * width, width);
            }
        }
        Triangles.solve(lu, true, b);
        return b;
    }
}
