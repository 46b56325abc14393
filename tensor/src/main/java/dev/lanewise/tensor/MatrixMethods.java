package dev.lanewise.tensor;

import dev.lanewise.tensor.op.Linalg;
import dev.lanewise.tensor.op.MatMul;

/** Linear algebra of a {@link Tensor}. */
public sealed interface MatrixMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * The matrix product. Vectors count as a row on the left and a column on the right, and that dimension goes from the
     * result; leading dimensions of more than two broadcast.
     *
     * @throws TensorException if the inner sizes differ, naming the shapes
     */
    default Tensor matmul(Tensor other) {
        Tensor a = self();
        if (a.shape().rank() == 0 || other.shape().rank() == 0) {
            throw new TensorException("matmul: got " + a.spec() + " x " + other.spec()
                    + " (expected vectors or matrices); multiply scalars with mul");
        }
        boolean row = a.shape().rank() == 1;
        boolean column = other.shape().rank() == 1;
        Tensor left = row ? a.unsqueeze(0) : a;
        Tensor right = column ? other.unsqueeze(1) : other;
        Tensor product = Tensor.apply(MatMul.MATMUL, left, right);
        if (column) {
            product = product.squeeze(-1);
        }
        return row ? product.squeeze(column ? -1 : -2) : product;
    }

    /** The inner product of two vectors: a scalar. */
    default Tensor dot(Tensor other) {
        return self().matmul(other);
    }

    /** The outer product {@code [m], [n] -> [m, n]}. */
    default Tensor outer(Tensor other) {
        return self().unsqueeze(1).mul(other.unsqueeze(0));
    }

    /** {@link Linalg#CHOLESKY}. */
    default Tensor cholesky() {
        return self().apply(Linalg.CHOLESKY);
    }

    /** The X with {@code this X = b}; see {@link Linalg#SOLVE}. */
    default Tensor solve(Tensor b) {
        return Tensor.apply(Linalg.SOLVE, self(), b);
    }

    /** {@link Linalg#INVERSE}. */
    default Tensor inverse() {
        return self().apply(Linalg.INVERSE);
    }

    /** {@link Linalg#DET}. */
    default Tensor det() {
        return self().apply(Linalg.DET);
    }
}
