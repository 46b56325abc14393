package dev.lanewise.cpu.linalg;

/** {@code A = L L^T} (Golub and Van Loan, Matrix Computations, 4.2); what is above the diagonal of A is not read. */
final class Cholesky {
    private Cholesky() {}

    /**
     * Turns a square matrix into the lower triangular L, in its place.
     *
     * @return false if the matrix is not positive definite; then its contents are undefined
     */
    static boolean factor(Matrix a) {
        int n = a.rows();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double rest = a.get(i, j) - Rows.dot(a.data(), i * n, a.data(), j * n, j);
                if (i == j && !(rest > 0)) {
                    return false;
                }
                a.set(i, j, i == j ? Math.sqrt(rest) : rest / a.get(j, j));
            }
            for (int j = i + 1; j < n; j++) {
                a.set(i, j, 0);
            }
        }
        return true;
    }
}
