package dev.lanewise.tensor;

import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.view.Slice;
import java.util.stream.IntStream;

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

    /** {@code this + a b}: a product added to this, which broadcasts. */
    default Tensor addmm(Tensor a, Tensor b) {
        return self().add(a.matmul(b));
    }

    /** The elements whose positions in two dimensions are equal; those dimensions go, and a new last one comes. */
    default Tensor diagonal(int dim0, int dim1) {
        int first = self().shape().dim(dim0, "diagonal");
        int second = self().shape().dim(dim1, "diagonal");
        int[] order = IntStream.concat(
                        IntStream.range(0, self().shape().rank()).filter(d -> d != first && d != second),
                        IntStream.of(first, second))
                .toArray();
        long rows = self().shape().size(first);
        long columns = self().shape().size(second);
        Shape leading = self().shape().without(Math.max(first, second)).without(Math.min(first, second));
        Tensor flat = self().permute(order).reshape(leading.concat(Shape.of(rows * columns)));
        return flat.apply(new Slice(leading.rank(), 0, Math.min(rows, columns), columns + 1));
    }

    /** The sum of the diagonal of the last two dimensions. */
    default Tensor trace() {
        return diagonal(-2, -1).sum(-1);
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

    /**
     * A reduced QR decomposition.
     *
     * @param q orthonormal columns {@code [..., m, k]}
     * @param r upper triangular {@code [..., k, n]}
     */
    record Qr(Tensor q, Tensor r) {}

    /** {@link Linalg#QR}. */
    default Qr qr() {
        Tensor[] parts = Tensor.applyAll(Linalg.QR, self());
        return new Qr(parts[0], parts[1]);
    }

    /**
     * A reduced singular value decomposition {@code u diag(s) vt}.
     *
     * @param u left singular vectors {@code [..., m, k]}
     * @param s singular values {@code [..., k]}, descending
     * @param vt right singular vectors {@code [..., k, n]}
     */
    record Svd(Tensor u, Tensor s, Tensor vt) {}

    /** {@link Linalg#SVD}. */
    default Svd svd() {
        Tensor[] parts = Tensor.applyAll(Linalg.SVD, self());
        return new Svd(parts[0], parts[1], parts[2]);
    }
}
