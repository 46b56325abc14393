package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Decompositions;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.view.Slice;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Linear algebra of a {@link Tensor}: products, decompositions, solutions and norms of matrices, which are its last two
 * dimensions; all before them are batches.
 */
public sealed interface MatrixMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the matrix product} A vector counts as a row on the left and as a column on the right, and that dimension is
     * removed from the result; dimensions before the last two broadcast.
     *
     * @param other a vector {@code [k]} or matrices {@code [..., k, n]} of this tensor's type, for this {@code [k]} or
     *     {@code [..., m, k]}
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

    /**
     * {@return the inner product of two vectors: a scalar}
     *
     * @param other a vector of this tensor's type and size
     * @throws TensorException if these are not two vectors of one size and type
     */
    default Tensor dot(Tensor other) {
        return self().matmul(other);
    }

    /**
     * {@return the outer product {@code [m], [n] -> [m, n]}}
     *
     * @param other a vector {@code [n]} of this tensor's type
     * @throws TensorException if these are not two vectors of one type
     */
    default Tensor outer(Tensor other) {
        return self().unsqueeze(1).mul(other.unsqueeze(0));
    }

    /**
     * {@return {@code this + a b}: a matrix product added to this tensor, which broadcasts}
     *
     * @param a matrices {@code [..., m, k]}
     * @param b matrices {@code [..., k, n]}
     * @throws TensorException if types differ, or shapes do not fit
     */
    default Tensor addmm(Tensor a, Tensor b) {
        return self().add(a.matmul(b));
    }

    /**
     * {@return the elements whose positions in two dimensions are equal, as a view: both dimensions are removed, and the
     * diagonal becomes the last one}
     *
     * @param dim0 the dimension of rows; negative numbers count from the end
     * @param dim1 the dimension of columns
     * @throws TensorException if there is no such dimension, or the two are the same
     */
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

    /**
     * {@return the sum of the diagonal of the last two dimensions}
     *
     * @throws TensorException if the tensor is not a matrix
     */
    default Tensor trace() {
        return diagonal(-2, -1).sum(-1);
    }

    /**
     * {@return the Cholesky factor of each symmetric positive definite matrix of this {@code [..., n, n]} tensor: the
     * lower triangular L with {@code L L^T = this}} Only the lower triangle is read. F32 and F64.
     *
     * @throws TensorException if a matrix is not square or not positive definite
     */
    default Tensor cholesky() {
        return self().apply(Linalg.CHOLESKY);
    }

    /**
     * {@return the solution X of {@code this X = b} for each matrix of this {@code [..., n, n]} tensor} F32 and F64.
     *
     * @param b the right side, {@code [..., n, k]} for this {@code [..., n, n]}
     * @throws TensorException if shapes don't match, or a matrix is singular
     */
    default Tensor solve(Tensor b) {
        return Tensor.apply(Linalg.SOLVE, self(), b);
    }

    /**
     * {@return the solution X of {@code T X = b} for each matrix of this {@code [..., n, n]} tensor, with T its upper or lower
     * triangle} The other triangle is not read. A zero on the diagonal is no error: the solution has infinities or NaN.
     * F32 and F64.
     *
     * @param b the right side, {@code [..., n, k]} for this {@code [..., n, n]}; leading dimensions broadcast
     * @param upper whether T is the upper triangle, not the lower one
     * @throws TensorException if the matrices are not square, or shapes don't match
     */
    default Tensor solveTriangular(Tensor b, boolean upper) {
        return solveTriangular(b, upper, true, false);
    }

    /**
     * {@return the solution X of {@code T X = b} or {@code X T = b} for each matrix of this {@code [..., n, n]} tensor, with T
     * its upper or lower triangle} The other triangle is not read. A zero on the diagonal is no error: the solution has
     * infinities or NaN. For the transpose of a triangle, transpose this tensor and exchange {@code upper}. F32 and F64.
     *
     * @param b the right side, {@code [..., n, k]} for {@code T X}, {@code [..., k, n]} for {@code X T}; leading dimensions
     *     broadcast
     * @param upper whether T is the upper triangle, not the lower one
     * @param left whether T is on the left of X
     * @param unitriangular whether T has ones on its diagonal, which is then not read either
     * @throws TensorException if the matrices are not square, or shapes don't match
     */
    default Tensor solveTriangular(Tensor b, boolean upper, boolean left, boolean unitriangular) {
        return Decompositions.solveTriangular(self(), b, upper, left, unitriangular);
    }

    /**
     * {@return the inverse of each matrix of this {@code [..., n, n]} tensor, F32 or F64; for systems of equations
     * {@link #solve} is faster and more accurate}
     *
     * @throws TensorException if a matrix is not square or is singular
     */
    default Tensor inverse() {
        return self().apply(Linalg.INVERSE);
    }

    /**
     * {@return the determinant of each matrix of this {@code [..., n, n]} tensor, F32 or F64: {@code [...]}, and 0 for
     * a singular one}
     *
     * @throws TensorException if the matrices are not square
     */
    default Tensor det() {
        return self().apply(Linalg.DET);
    }

    /**
     * A reduced QR decomposition of matrices {@code [..., m, n]}: their product is {@code q r}, with k the smaller of m
     * and n.
     *
     * @param q orthonormal columns {@code [..., m, k]}
     * @param r upper triangular {@code [..., k, n]}
     */
    record Qr(Tensor q, Tensor r) {
        /** Holds the given values, none of which may be null. */
        public Qr {
            Objects.requireNonNull(q, "q");
            Objects.requireNonNull(r, "r");
        }
    }

    /**
     * {@return the reduced QR decomposition of each matrix of this {@code [..., m, n]} tensor, F32 or F64:
     * {@code this = q r}, with {@code k = min(m, n)} orthonormal columns in q and an upper triangular r}
     *
     * @throws TensorException if there are fewer than two dimensions, or the type is not F32 or F64
     */
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
    record Svd(Tensor u, Tensor s, Tensor vt) {
        /** Holds the given values, none of which may be null. */
        public Svd {
            Objects.requireNonNull(u, "u");
            Objects.requireNonNull(s, "s");
            Objects.requireNonNull(vt, "vt");
        }
    }

    /**
     * {@return the reduced singular value decomposition of each matrix of this {@code [..., m, n]} tensor, F32 or F64,
     * with {@code k = min(m, n)} singular values}
     *
     * @throws TensorException if there are fewer than two dimensions, or the type is not F32 or F64
     */
    default Svd svd() {
        Tensor[] parts = Tensor.applyAll(Linalg.SVD, self());
        return new Svd(parts[0], parts[1], parts[2]);
    }

    /**
     * A decomposition by Gaussian elimination: {@code p l u}.
     *
     * @param p permutation matrices {@code [..., m, m]}
     * @param l lower triangular with ones on the diagonal, {@code [..., m, k]}
     * @param u upper triangular, {@code [..., k, n]}
     */
    record Lu(Tensor p, Tensor l, Tensor u) {
        /** Holds the given values, none of which may be null. */
        public Lu {
            Objects.requireNonNull(p, "p");
            Objects.requireNonNull(l, "l");
            Objects.requireNonNull(u, "u");
        }
    }

    /**
     * {@return the LU decomposition with partial pivoting of each matrix of this {@code [..., m, n]}, F32 or F64, with {@code
     * k = min(m, n)}} It is composed of other operations, one column at a time.
     *
     * @throws TensorException if there are fewer than two dimensions, or the type is not floating-point
     */
    default Lu lu() {
        return Decompositions.lu(self());
    }

    /**
     * The eigenvalues and eigenvectors of symmetric matrices: {@code v diag(values) v^T}.
     *
     * @param values {@code [..., n]}, ascending
     * @param vectors in columns, {@code [..., n, n]}; each up to its sign
     */
    record Eigh(Tensor values, Tensor vectors) {
        /** Holds the given values, none of which may be null. */
        public Eigh {
            Objects.requireNonNull(values, "values");
            Objects.requireNonNull(vectors, "vectors");
        }
    }

    /**
     * {@return eigenvalues and eigenvectors of each symmetric matrix of this {@code [..., n, n]}, F32 or F64} Of a matrix that
     * is not symmetric, those of {@code (this + this^T) / 2}. Gradients of eigenvectors need distinct eigenvalues.
     *
     * @throws TensorException if the matrices are not square
     */
    default Eigh eigh() {
        return Decompositions.eigh(self());
    }

    /**
     * {@return the pseudo-inverse (Moore and Penrose) of each matrix of this {@code [..., m, n]}, F32 or F64: {@code [..., n,
     * m]}} Singular values up to {@code max(m, n)} roundings of the largest count as 0. Its gradient is for changes that
     * leave the rank as it is, and finite also where singular values are equal or 0.
     *
     * @throws TensorException if there are fewer than two dimensions, or the type is not F32 or F64
     */
    default Tensor pinv() {
        return Decompositions.pseudoInverse(self(), -1);
    }

    /**
     * {@return the pseudo-inverse, for which singular values up to a part of the largest count as 0}
     *
     * @param relative the part, 0 or more
     * @throws TensorException if there are fewer than two dimensions, the type is not F32 or F64, or the part is not a number
     *     of 0 or more
     */
    default Tensor pinv(double relative) {
        if (!(relative >= 0)) {
            throw new TensorException("pinv: singular values up to " + relative
                    + " of the largest as 0 (expected a part of 0 or more); leave it out for that of the type");
        }
        return Decompositions.pseudoInverse(self(), relative);
    }

    /**
     * {@return the least-squares solution X of {@code this X = b}, of those the one with the smallest norm: {@code [..., n, k]}}
     *
     * @param b the right side, {@code [..., m, k]} for this {@code [..., m, n]}
     * @throws TensorException if shapes do not fit, or the type is not F32 or F64
     */
    default Tensor lstsq(Tensor b) {
        return pinv().matmul(b);
    }

    /**
     * {@return the rank of each matrix of this {@code [..., m, n]}, as {@link #pinv()} counts it: {@code [...]} of type I64}
     *
     * @throws TensorException if there are fewer than two dimensions, or the type is not F32 or F64
     */
    default Tensor matrixRank() {
        return Decompositions.rank(self(), -1);
    }

    /** The norms of matrices that {@link #matrixNorm} computes. */
    enum MatrixNorm {
        /** The root of the sum of squares. */
        FROBENIUS,
        /** The sum of singular values. */
        NUCLEAR,
        /** The largest singular value. */
        SPECTRAL,
        /** The largest sum of magnitudes of a column. */
        ONE,
        /** The largest sum of magnitudes of a row. */
        INFINITY
    }

    /**
     * {@return a norm of each matrix of this {@code [..., m, n]}: {@code [...]}}
     *
     * @param kind which norm
     * @throws TensorException if there are fewer than two dimensions, or the type does not suit the norm
     */
    default Tensor matrixNorm(MatrixNorm kind) {
        return switch (kind) {
            case FROBENIUS -> self().norm(-2, -1);
            case NUCLEAR -> svd().s().sum(-1);
            case SPECTRAL -> svd().s().amax(-1);
            case ONE -> self().abs().sum(-2).amax(-1);
            case INFINITY -> self().abs().sum(-1).amax(-1);
        };
    }

    /**
     * {@return the Kronecker product: every element of this times all of the other, {@code [m, n], [p, q] -> [m p, n q]}} Tensors
     * of any ranks likewise; the shorter shape is completed by ones in front.
     *
     * @param other of this tensor's type
     * @throws TensorException if types differ or are BOOL
     */
    default Tensor kron(Tensor other) {
        int rank = Math.max(self().shape().rank(), other.shape().rank());
        long[] left = new long[2 * rank];
        long[] right = new long[2 * rank];
        long[] sizes = new long[rank];
        for (int d = 0; d < rank; d++) {
            int mine = d - rank + self().shape().rank();
            int others = d - rank + other.shape().rank();
            left[2 * d] = mine < 0 ? 1 : self().shape().size(mine);
            left[2 * d + 1] = 1;
            right[2 * d] = 1;
            right[2 * d + 1] = others < 0 ? 1 : other.shape().size(others);
            sizes[d] = left[2 * d] * right[2 * d + 1];
        }
        return self().reshape(left).mul(other.reshape(right)).reshape(sizes);
    }

    /**
     * {@return the distances of all pairs of rows: {@code [..., n, d], [..., m, d] -> [..., n, m]}} Differences are made first, so
     * that nothing cancels; that takes {@code n m d} numbers of memory for a moment.
     *
     * @param other rows {@code [..., m, d]}
     * @param p the norm of the differences, 0 or more
     * @throws TensorException if shapes do not fit, types differ, or p is not a number of 0 or more
     */
    default Tensor cdist(Tensor other, double p) {
        if (self().shape().rank() < 2
                || other.shape().rank() < 2
                || self().shape().size(-1) != other.shape().size(-1)) {
            throw new TensorException("cdist: " + self().spec() + " and " + other.spec()
                    + " (expected rows [..., n, d] and [..., m, d]); reshape them?");
        }
        if (!(p >= 0)) {
            throw new TensorException("cdist: norm " + p + " (expected 0 or more); 2 is the Euclidean distance");
        }
        return Decompositions.distances(self(), other, p);
    }
}
