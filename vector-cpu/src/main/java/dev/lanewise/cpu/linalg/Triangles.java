package dev.lanewise.cpu.linalg;

/** Forward and backward substitution (Golub and Van Loan, Matrix Computations, 3.1). */
final class Triangles {
    private Triangles() {}

    /**
     * Turns the right sides b into the solutions of {@code T x = b}, in their place. A zero on the diagonal gives what
     * dividing by it gives.
     *
     * @param a square, of which only the triangle T is read
     * @param upper whether T is the upper triangle
     */
    static void solve(Matrix a, boolean upper, Matrix b) {
        int n = a.rows();
        int width = b.columns();
        for (int i = 0; i < n; i++) {
            int row = upper ? n - 1 - i : i;
            int first = upper ? row + 1 : 0;
            for (int k = first; k < first + i; k++) {
                Matrix.addRow(b.data(), row * width, -a.get(row, k), b.data(), k * width, width);
            }
            for (int j = 0; j < width; j++) {
                b.set(row, j, b.get(row, j) / a.get(row, row));
            }
        }
    }
}
