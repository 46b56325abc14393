package dev.lanewise.cpu.linalg;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reduced singular value decomposition {@code A = U diag(s) V^T} by rotations from one side (Hestenes 1958) of what a QR
 * decomposition leaves, as Drmac and Veselic do ("New fast and accurate Jacobi SVD algorithm", 2008): with
 * {@code A = Q R}, the rows of R are rotated until they are orthogonal. The product of the rotations turns Q into U, the
 * rows' lengths are the singular values and their directions those of V. The vectors are orthonormal for any rank.
 *
 * @param u {@code [m, k]}
 * @param values k values, descending
 * @param vt {@code [k, n]}
 */
record JacobiSvd(Matrix u, double[] values, Matrix vt) {
    /** Ten are plenty; more than these mean that something is not a number. */
    private static final int MOST_SWEEPS = 60;

    /** Lengths below this share of the greatest element are zero: far below what rounding leaves. */
    private static final double TINY = 0x1p-500;

    /** Decomposes a matrix, whose contents are lost; null if it is not finite or the rotations don't come to an end. */
    static @Nullable JacobiSvd of(Matrix a) {
        if (!a.isFinite()) {
            return null;
        }
        if (a.rows() < a.columns()) {
            JacobiSvd flipped = of(a.transpose());
            return flipped == null
                    ? null
                    : new JacobiSvd(flipped.vt.transpose(), flipped.values, flipped.u.transpose());
        }
        HouseholderQr qr = new HouseholderQr(a);
        Rotations rotations = new Rotations(qr.scaledR());
        return rotations.run() ? rotations.result(qr) : null;
    }

    /** The rows of R and the rotations made of them so far. */
    private static final class Rotations {
        private final int n;
        private final double[] rows;
        private final double[] turns;
        private final double[] squares;
        private final double tolerance;

        Rotations(Matrix r) {
            n = r.columns();
            rows = r.data();
            turns = Matrix.identity(n, n).data();
            squares = new double[n];
            tolerance = 0x1p-52 * Math.sqrt(n + 4.0);
        }

        boolean run() {
            for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
                measure();
                if (!sweep()) {
                    return true;
                }
            }
            return false;
        }

        private void measure() {
            for (int i = 0; i < n; i++) {
                squares[i] = Rows.dot(rows, i * n, rows, i * n, n);
                if (squares[i] < TINY * TINY) {
                    squares[i] = 0;
                    Arrays.fill(rows, i * n, (i + 1) * n, 0);
                }
            }
        }

        /** Rotates every pair once; whether any was not orthogonal. */
        private boolean sweep() {
            boolean rotated = false;
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotated |= rotate(p, q);
                }
            }
            return rotated;
        }

        private boolean rotate(int p, int q) {
            double product = Rows.dot(rows, p * n, rows, q * n, n);
            if (Math.abs(product) <= tolerance * Math.sqrt(squares[p]) * Math.sqrt(squares[q])) {
                return false;
            }
            double zeta = (squares[q] - squares[p]) / (2 * product);
            // one that is infinite when squared needs no rotation to speak of
            double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
            double cosine = 1 / Math.sqrt(1 + tangent * tangent);
            Rows.turn(rows, p * n, q * n, n, cosine, cosine * tangent);
            Rows.turn(turns, p * n, q * n, n, cosine, cosine * tangent);
            squares[p] = Math.max(0, squares[p] - tangent * product);
            squares[q] += tangent * product;
            return true;
        }

        JacobiSvd result(HouseholderQr qr) {
            int[] order = IntStream.range(0, n)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -squares[i]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            double[] values = new double[n];
            Matrix sortedTurns = Matrix.zeros(n, n);
            Matrix vt = Matrix.zeros(n, n);
            for (int i = 0; i < n; i++) {
                int row = order[i];
                values[i] = Math.sqrt(squares[row]);
                System.arraycopy(turns, row * n, sortedTurns.data(), i * n, n);
                if (values[i] > 0) {
                    Matrix.addRow(vt.data(), i * n, 1 / values[i], rows, row * n, n);
                }
            }
            complete(vt, values);
            Matrix.scale(values, qr.exponent());
            return new JacobiSvd(qr.q().times(sortedTurns.transpose()), values, vt);
        }
    }

    /** Gives the rows of singular values of zero directions orthogonal to all others. */
    private static void complete(Matrix vt, double[] values) {
        int n = vt.columns();
        for (int row = 0; row < n; row++) {
            if (values[row] == 0) {
                vt.set(row, leastCovered(vt, row), 1);
                // once more, for what rounding left
                for (int pass = 0; pass < 2; pass++) {
                    for (int other = 0; other < row; other++) {
                        double share = Rows.dot(vt.data(), row * n, vt.data(), other * n, n);
                        Matrix.addRow(vt.data(), row * n, -share, vt.data(), other * n, n);
                    }
                    double length = Math.sqrt(Rows.dot(vt.data(), row * n, vt.data(), row * n, n));
                    for (int j = 0; j < n; j++) {
                        vt.set(row, j, vt.get(row, j) / length);
                    }
                }
            }
        }
    }

    /** The axis of which the first rows hold least. */
    private static int leastCovered(Matrix vt, int rows) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int j = 0; j < vt.columns(); j++) {
            double covered = 0;
            for (int row = 0; row < rows; row++) {
                covered += vt.get(row, j) * vt.get(row, j);
            }
            if (covered < least) {
                least = covered;
                best = j;
            }
        }
        return best;
    }
}
