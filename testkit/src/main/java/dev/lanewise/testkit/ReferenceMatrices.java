package dev.lanewise.testkit;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.op.matrix.Linalg;
import java.util.Arrays;

/** Matrix products and decompositions, for every matrix of a batch. */
final class ReferenceMatrices {
    private ReferenceMatrices() {}

    static void matMul(Elements a, Elements b, Elements out) {
        Shape batch = out.shape().slice(0, out.shape().rank() - 2);
        long inner = a.shape().size(-1);
        Elements x = a.broadcast(batch.concat(Shape.of(a.shape().size(-2), inner)));
        Elements y = b.broadcast(batch.concat(Shape.of(inner, b.shape().size(-1))));
        int rank = out.shape().rank();
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            long[] left = at.clone();
            long[] right = at.clone();
            double real = 0;
            long integer = 0;
            for (long k = 0; k < inner; k++) {
                left[rank - 1] = k;
                right[rank - 2] = k;
                if (a.dtype().isFloating()) {
                    real += x.real(left) * y.real(right);
                } else {
                    integer += x.integer(left) * y.integer(right);
                }
            }
            if (a.dtype().isFloating()) {
                out.set(real, at);
            } else {
                out.set(integer, at);
            }
        }
    }

    static void linalg(Linalg op, Elements[] in, Elements[] out) {
        Shape batch = in[0].shape().slice(0, in[0].shape().rank() - 2);
        for (long b = 0; b < batch.elements(); b++) {
            long[] at = Elements.index(batch, b);
            double[][] a = read(in[0], at);
            switch (op) {
                case CHOLESKY -> write(SmallMatrices.cholesky(a), out[0], at);
                case QR -> {
                    double[][] q = SmallMatrices.orthonormalColumns(a);
                    write(q, out[0], at);
                    write(SmallMatrices.multiply(SmallMatrices.transpose(q), a), out[1], at);
                }
                case SVD -> {
                    SmallMatrices.Svd svd = SmallMatrices.svd(a);
                    write(svd.u(), out[0], at);
                    for (int i = 0; i < svd.s().length; i++) {
                        out[1].set(svd.s()[i], append(at, i));
                    }
                    write(SmallMatrices.transpose(svd.v()), out[2], at);
                }
                case SOLVE -> write(SmallMatrices.solve(a, read(in[1], at)), out[0], at);
                case SOLVE_LOWER -> write(SmallMatrices.solveTriangle(a, false, read(in[1], at)), out[0], at);
                case SOLVE_UPPER -> write(SmallMatrices.solveTriangle(a, true, read(in[1], at)), out[0], at);
                case INVERSE -> write(SmallMatrices.solve(a, SmallMatrices.identity(a.length)), out[0], at);
                case DET -> out[0].set(SmallMatrices.determinant(a), at);
            }
        }
    }

    private static double[][] read(Elements x, long[] batch) {
        double[][] a = new double[(int) x.shape().size(-2)][(int) x.shape().size(-1)];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[i].length; j++) {
                a[i][j] = x.real(append(batch, i, j));
            }
        }
        return a;
    }

    private static void write(double[][] a, Elements out, long[] batch) {
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[i].length; j++) {
                out.set(a[i][j], append(batch, i, j));
            }
        }
    }

    private static long[] append(long[] batch, long... rest) {
        long[] all = Arrays.copyOf(batch, batch.length + rest.length);
        System.arraycopy(rest, 0, all, batch.length, rest.length);
        return all;
    }
}
