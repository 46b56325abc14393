package dev.lanewise.cpu.linalg;

import static dev.lanewise.cpu.memory.Access.f32;
import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Linalg;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.MatrixFeatures_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.ejml.interfaces.linsol.LinearSolverDense;

/** Runs {@link Linalg} matrix by matrix, in double precision, by EJML. */
public final class SmallMatrices {
    private static final long GRAIN = 1 << 14;

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
        int m = Math.toIntExact(inputs[0].shape().size(-2));
        int n = Math.toIntExact(inputs[0].shape().size(-1));
        long batch = inputs[0].shape().slice(0, rank - 2).elements();
        long work = Math.max(1, (long) m * n * Math.min(m, n));
        Workers.forRange(batch, Math.max(1, GRAIN / work), (from, to) -> {
            for (long i = from; i < to; i++) {
                one(i, matrix(inputs[0], a, i, m, n), b);
            }
        });
    }

    private void one(long i, DMatrixRMaj a, long b) {
        switch (op) {
            case CHOLESKY -> write(0, i, cholesky(i, a));
            case QR -> qr(i, a);
            case SVD -> svd(i, a);
            case SOLVE -> {
                int k = Math.toIntExact(inputs[1].shape().size(-1));
                write(0, i, solve(i, a, matrix(inputs[1], b, i, a.numRows, k)));
            }
            case INVERSE -> write(0, i, solve(i, a, CommonOps_DDRM.identity(a.numRows)));
            case DET -> {
                double det = a.numRows == 0 ? 1 : CommonOps_DDRM.det(a);
                write(0, i, new DMatrixRMaj(1, 1, true, det));
            }
        }
    }

    private DMatrixRMaj cholesky(long i, DMatrixRMaj a) {
        CholeskyDecomposition_F64<DMatrixRMaj> decomposition = DecompositionFactory_DDRM.chol(a.numRows, true);
        if (!decomposition.decompose(a)) {
            throw failed(i, "is not positive definite", "add a multiple of the identity");
        }
        return decomposition.getT(null);
    }

    private void qr(long i, DMatrixRMaj a) {
        QRDecomposition<DMatrixRMaj> decomposition = DecompositionFactory_DDRM.qr(a.numRows, a.numCols);
        if (!decomposition.decompose(a)) {
            throw failed(i, "has no QR decomposition", "check it for NaN");
        }
        write(0, i, decomposition.getQ(null, true));
        write(1, i, decomposition.getR(null, true));
    }

    private void svd(long i, DMatrixRMaj a) {
        SingularValueDecomposition_F64<DMatrixRMaj> decomposition =
                DecompositionFactory_DDRM.svd(a.numRows, a.numCols, true, true, true);
        if (!decomposition.decompose(a)) {
            throw failed(i, "has no singular value decomposition within the iterations allowed", "check it for NaN");
        }
        DMatrixRMaj u = decomposition.getU(null, false);
        DMatrixRMaj w = decomposition.getW(null);
        DMatrixRMaj vt = decomposition.getV(null, true);
        SingularOps_DDRM.descendingOrder(u, false, w, vt, true);
        int k = Math.min(a.numRows, a.numCols);
        DMatrixRMaj values = new DMatrixRMaj(1, k);
        CommonOps_DDRM.extractDiag(w, values);
        write(0, i, u);
        write(1, i, values);
        write(2, i, vt);
    }

    private DMatrixRMaj solve(long i, DMatrixRMaj a, DMatrixRMaj b) {
        DMatrixRMaj x = new DMatrixRMaj(a.numCols, b.numCols);
        LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.lu(a.numRows);
        boolean solved = solver.setA(a.copy());
        if (solved) {
            solver.solve(b, x);
        }
        if (!solved || MatrixFeatures_DDRM.hasUncountable(x) && !MatrixFeatures_DDRM.hasUncountable(a)) {
            throw failed(i, "is singular", "use SVD for least squares");
        }
        return x;
    }

    private TensorException failed(long i, String problem, String remedy) {
        return new TensorException(
                op.opName() + ": matrix " + i + " of " + inputs[0].spec() + " " + problem + "; " + remedy);
    }

    private static DMatrixRMaj matrix(Tensor tensor, long address, long i, int rows, int columns) {
        DMatrixRMaj matrix = new DMatrixRMaj(rows, columns);
        boolean single = tensor.dtype() == DType.F32;
        long first = i * rows * columns;
        for (int j = 0; j < matrix.data.length; j++) {
            matrix.data[j] =
                    single ? f32(address + (first + j) * Float.BYTES) : f64(address + (first + j) * Double.BYTES);
        }
        return matrix;
    }

    private void write(int output, long i, DMatrixRMaj matrix) {
        long address = Dense.address(outputs[output]);
        int n = matrix.getNumElements();
        for (int j = 0; j < n; j++) {
            long at = i * n + j;
            if (outputs[output].dtype() == DType.F32) {
                f32(address + at * Float.BYTES, (float) matrix.data[j]);
            } else {
                f64(address + at * Double.BYTES, matrix.data[j]);
            }
        }
    }
}
