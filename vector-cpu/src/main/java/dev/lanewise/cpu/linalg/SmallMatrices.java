package dev.lanewise.cpu.linalg;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.matrix.Linalg;

/** Runs {@link Linalg} matrix by matrix, in double precision. */
public final class SmallMatrices {
    private static final long GRAIN = 1 << 14;
    private static final long MOST_ELEMENTS = Integer.MAX_VALUE - 8;

    private final Linalg op;
    private final Tensor[] inputs;
    private final Tensor[] outputs;

    private SmallMatrices(Linalg op, Tensor[] inputs, Tensor[] outputs) {
        this.op = op;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(Linalg op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense a = Dense.of(inputs[0]);
                Dense b = Dense.of(inputs[inputs.length - 1])) {
            new SmallMatrices(op, inputs, outputs).run(a.address(), b.address());
        }
    }

    private void run(long a, long b) {
        int rank = inputs[0].shape().rank();
        int m = size(-2);
        int n = size(-1);
        long batch = inputs[0].shape().slice(0, rank - 2).elements();
        long work = Math.max(1, (long) m * n * Math.min(m, n));
        Workers.forRange(batch, Math.max(1, GRAIN / work), (from, to) -> {
            for (long i = from; i < to; i++) {
                one(i, matrix(inputs[0], a, i, m, n), b);
            }
        });
    }

    /** A size of the matrices, which are worked on in Java arrays. */
    private int size(int dim) {
        for (Tensor input : inputs) {
            Shape shape = input.shape();
            long longer = Math.max(shape.size(-2), shape.size(-1));
            if (longer > 0 && Math.min(shape.size(-2), shape.size(-1)) > MOST_ELEMENTS / longer) {
                throw new TensorException(op.opName() + ": found matrices of " + input.spec() + " (expected at most "
                        + MOST_ELEMENTS + " elements in one); take a part of it");
            }
        }
        return Math.toIntExact(inputs[0].shape().size(dim));
    }

    private void one(long i, Matrix a, long b) {
        switch (op) {
            case CHOLESKY -> {
                if (!Cholesky.factor(a)) {
                    throw failed(i, "is not positive definite", "add a multiple of the identity");
                }
                write(0, i, a.data());
            }
            case QR -> {
                HouseholderQr qr = new HouseholderQr(a);
                write(0, i, qr.q().data());
                write(1, i, qr.r().data());
            }
            case SVD -> svd(i, a);
            case SOLVE -> {
                int k = Math.toIntExact(inputs[1].shape().size(-1));
                write(0, i, solve(i, a, matrix(inputs[1], b, i, a.rows(), k)));
            }
            case SOLVE_LOWER, SOLVE_UPPER -> {
                int k = Math.toIntExact(inputs[1].shape().size(-1));
                Matrix x = matrix(inputs[1], b, i, a.rows(), k);
                Triangles.solve(a, op == Linalg.SOLVE_UPPER, x);
                write(0, i, x.data());
            }
            case INVERSE -> write(0, i, solve(i, a, Matrix.identity(a.rows(), a.rows())));
            case DET -> write(0, i, new Lu(a).determinant());
        }
    }

    private void svd(long i, Matrix a) {
        JacobiSvd svd = JacobiSvd.of(a);
        if (svd == null) {
            throw failed(i, "has no singular value decomposition", "check it for NaN and infinities");
        }
        write(0, i, svd.u().data());
        write(1, i, svd.values());
        write(2, i, svd.vt().data());
    }

    private double[] solve(long i, Matrix a, Matrix b) {
        Lu lu = new Lu(a);
        if (lu.isSingular()) {
            throw failed(i, "is singular", "use SVD for least squares");
        }
        return lu.solve(b).data();
    }

    private TensorException failed(long i, String problem, String remedy) {
        return new TensorException(
                op.opName() + ": matrix " + i + " of " + inputs[0].spec() + " " + problem + "; " + remedy);
    }

    private static Matrix matrix(Tensor tensor, long address, long i, int rows, int columns) {
        Matrix matrix = Matrix.zeros(rows, columns);
        double[] data = matrix.data();
        boolean single = tensor.dtype() == DType.F32;
        long first = i * rows * columns;
        for (int j = 0; j < data.length; j++) {
            data[j] = single ? f32(address + (first + j) * Float.BYTES) : f64(address + (first + j) * Double.BYTES);
        }
        return matrix;
    }

    private void write(int output, long i, double... values) {
        long address = Dense.address(outputs[output]);
        boolean single = outputs[output].dtype() == DType.F32;
        for (int j = 0; j < values.length; j++) {
            long at = i * values.length + j;
            if (single) {
                f32(address + at * Float.BYTES, (float) values[j]);
            } else {
                f64(address + at * Double.BYTES, values[j]);
            }
        }
    }
}
