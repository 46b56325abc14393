package dev.lanewise.testkit;

import dev.lanewise.tensor.TensorException;
import java.util.Arrays;

/** Textbook algorithms on small dense matrices {@code a[row][column]} (Golub and Van Loan, Matrix Computations). */
final class SmallMatrices {
    private SmallMatrices() {}

    /**
     * Reduced singular value decomposition {@code u diag(s) v^T}.
     *
     * @param u m rows, k columns
     * @param s k values, descending
     * @param v n rows, k columns
     */
    record Svd(double[][] u, double[] s, double[][] v) {}

    static double[][] identity(int n) {
        double[][] one = new double[n][n];
        for (int i = 0; i < n; i++) {
            one[i][i] = 1;
        }
        return one;
    }

    static double[][] transpose(double[][] a) {
        double[][] t = new double[a.length == 0 ? 0 : a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < t.length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    static double[][] multiply(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < c[i].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    /** The solution by substitution; what lies on the other side of the diagonal is not read. */
    static double[][] solveTriangle(double[][] a, boolean upper, double[][] b) {
        int n = a.length;
        double[][] x = new double[n][n == 0 ? 0 : b[0].length];
        for (int i = 0; i < n; i++) {
            int row = upper ? n - 1 - i : i;
            for (int j = 0; j < x[row].length; j++) {
                double rest = b[row][j];
                for (int k = upper ? row + 1 : 0; k < (upper ? n : row); k++) {
                    rest -= a[row][k] * x[k][j];
                }
                x[row][j] = rest / a[row][row];
            }
        }
        return x;
    }

    static double[][] cholesky(double[][] a) {
        double[][] l = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j <= i; j++) {
                double rest = a[i][j];
                for (int k = 0; k < j; k++) {
                    rest -= l[i][k] * l[j][k];
                }
                if (i == j && !(rest > 0)) {
                    throw new TensorException(
                            "cholesky: the matrix is not positive definite (its leading minor of order " + (i + 1)
                                    + " is not positive); add to its diagonal?");
                }
                l[i][j] = i == j ? Math.sqrt(rest) : rest / l[j][j];
            }
        }
        return l;
    }

    /** The first {@code min(m, n)} columns made orthonormal by the modified Gram-Schmidt process, run twice. */
    static double[][] orthonormalColumns(double[][] a) {
        double[][] columns = transpose(a);
        int k = Math.min(a.length, columns.length);
        double[][] q = new double[k][];
        for (int j = 0; j < k; j++) {
            double[] column = columns[j].clone();
            for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < j; i++) {
                    subtract(column, dot(q[i], column), q[i]);
                }
            }
            double norm = Math.sqrt(dot(column, column));
            for (int i = 0; i < column.length; i++) {
                column[i] /= norm;
            }
            q[j] = column;
        }
        return transpose(q);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void subtract(double[] a, double factor, double[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] -= factor * b[i];
        }
    }

    /** One-sided Jacobi rotations of the columns until they are orthogonal (Hestenes 1958). */
    static Svd svd(double[][] a) {
        if (a.length < a[0].length) {
            Svd flipped = svd(transpose(a));
            return new Svd(flipped.v, flipped.s, flipped.u);
        }
        double[][] columns = transpose(a);
        double[][] v = identity(columns.length);
        for (int sweep = 0; sweep < 60; sweep++) {
            boolean rotated = false;
            for (int p = 0; p < columns.length; p++) {
                for (int q = p + 1; q < columns.length; q++) {
                    rotated |= rotate(columns, v, p, q);
                }
            }
            if (!rotated) {
                break;
            }
        }
        return sortedSvd(columns, v);
    }

    private static boolean rotate(double[][] columns, double[][] v, int p, int q) {
        double alpha = dot(columns[p], columns[p]);
        double beta = dot(columns[q], columns[q]);
        double gamma = dot(columns[p], columns[q]);
        if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) {
            return false;
        }
        double zeta = (beta - alpha) / (2 * gamma);
        double t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        double c = 1 / Math.sqrt(1 + t * t);
        givens(columns[p], columns[q], c, c * t);
        givens(v[p], v[q], c, c * t);
        return true;
    }

    private static void givens(double[] x, double[] y, double c, double s) {
        for (int i = 0; i < x.length; i++) {
            double old = x[i];
            x[i] = c * old - s * y[i];
            y[i] = s * old + c * y[i];
        }
    }

    private static Svd sortedSvd(double[][] columns, double[][] v) {
        int k = columns.length;
        double[] norms = new double[k];
        Integer[] order = new Integer[k];
        for (int i = 0; i < k; i++) {
            norms[i] = Math.sqrt(dot(columns[i], columns[i]));
            order[i] = i;
        }
        Arrays.sort(order, (i, j) -> Double.compare(norms[j], norms[i]));
        double[][] u = new double[k][];
        double[][] sortedV = new double[k][];
        double[] s = new double[k];
        for (int i = 0; i < k; i++) {
            s[i] = norms[order[i]];
            sortedV[i] = v[order[i]];
            u[i] = s[i] <= 1e-15 * s[0] ? orthogonalTo(u, i, columns[0].length) : scaled(columns[order[i]], 1 / s[i]);
        }
        return new Svd(transpose(u), s, transpose(sortedV));
    }

    /** A unit vector of n elements orthogonal to the first k rows, which are fewer than n. */
    private static double[] orthogonalTo(double[][] rows, int k, int n) {
        double[] best = new double[0];
        double most = -1;
        for (int axis = 0; axis < n; axis++) {
            double[] candidate = new double[n];
            candidate[axis] = 1;
            for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < k; i++) {
                    subtract(candidate, dot(rows[i], candidate), rows[i]);
                }
            }
            double square = dot(candidate, candidate);
            if (square > most) {
                most = square;
                best = candidate;
            }
        }
        return scaled(best, 1 / Math.sqrt(most));
    }

    private static double[] scaled(double[] vector, double factor) {
        double[] scaled = vector.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= factor;
        }
        return scaled;
    }

    /** Gaussian elimination with partial pivoting. */
    static double[][] solve(double[][] matrix, double[][] right) {
        double[][] a = copy(matrix);
        double[][] x = copy(right);
        for (int i = 0; i < a.length; i++) {
            int pivot = pivot(a, i);
            if (a[pivot][i] == 0) {
                throw new TensorException("solve: the matrix is singular (no pivot in column " + i
                        + "); use the singular value decomposition");
            }
            swap(a, i, pivot);
            swap(x, i, pivot);
            for (int r = 0; r < a.length; r++) {
                double factor = a[r][i] / a[i][i];
                if (r != i && factor != 0) {
                    subtract(a[r], factor, a[i]);
                    subtract(x[r], factor, x[i]);
                }
            }
        }
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < x[i].length; j++) {
                x[i][j] /= a[i][i];
            }
        }
        return x;
    }

    static double determinant(double[][] matrix) {
        double[][] a = copy(matrix);
        double determinant = 1;
        for (int i = 0; i < a.length; i++) {
            int pivot = pivot(a, i);
            if (a[pivot][i] == 0) {
                return 0;
            }
            if (pivot != i) {
                determinant = -determinant;
                swap(a, i, pivot);
            }
            determinant *= a[i][i];
            for (int r = i + 1; r < a.length; r++) {
                subtract(a[r], a[r][i] / a[i][i], a[i]);
            }
        }
        return determinant;
    }

    private static int pivot(double[][] a, int column) {
        int pivot = column;
        for (int r = column + 1; r < a.length; r++) {
            if (Math.abs(a[r][column]) > Math.abs(a[pivot][column])) {
                pivot = r;
            }
        }
        return pivot;
    }

    private static void swap(double[][] rows, int i, int j) {
        double[] row = rows[i];
        rows[i] = rows[j];
        rows[j] = row;
    }

    private static double[][] copy(double[][] a) {
        double[][] copy = new double[a.length][];
        for (int i = 0; i < a.length; i++) {
            copy[i] = a[i].clone();
        }
        return copy;
    }
}
