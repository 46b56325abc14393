package dev.lanewise.tensor.op.matrix;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/** Decompositions of, and solutions with, (batches of) small matrices, {@code [..., m, n]}. */
public enum Linalg implements Op {
    /** The lower triangular L of a symmetric positive definite matrix {@code L L^T}. */
    CHOLESKY,
    /** Reduced QR: {@code [..., m, n] -> Q [..., m, k], R [..., k, n]} with {@code k = min(m, n)}. */
    QR,
    /** Reduced SVD: {@code U [..., m, k], S [..., k]} descending, {@code V^T [..., k, n]}. */
    SVD,
    /** {@code A [..., n, n], B [..., n, k] -> X} with {@code A X = B}. */
    SOLVE,
    /** As {@link #SOLVE}, of the lower triangle of A: what is above the diagonal is not read. */
    SOLVE_LOWER,
    /** As {@link #SOLVE}, of the upper triangle of A: what is below the diagonal is not read. */
    SOLVE_UPPER,
    /** The inverse. */
    INVERSE,
    /** The determinant, {@code [..., n, n] -> [...]}. */
    DET;

    @Override
    public String opName() {
        return Check.lower(this);
    }

    /** Those that divide by pivots, which may be 0, are partial. */
    @Override
    public boolean isPartial() {
        return this == CHOLESKY || this == INVERSE || isSolution();
    }

    /** {@return whether there is a second operand, the right side} */
    public boolean isSolution() {
        return this == SOLVE || this == SOLVE_LOWER || this == SOLVE_UPPER;
    }

    @Override
    public Set<DType> dtypes() {
        return Set.of(DType.F32, DType.F64);
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, isSolution() ? 2 : 1);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes());
        Check.rank(this, in[0], 2, Integer.MAX_VALUE, "[..., m, n]");
        Shape a = in[0].shape();
        long m = a.size(-2);
        long n = a.size(-1);
        long k = Math.min(m, n);
        if (this != QR && this != SVD && m != n) {
            throw Check.failure(this, "matrix " + in[0] + " is not square", "use QR or SVD for least squares");
        }
        Shape batch = a.slice(0, a.rank() - 2);
        return switch (this) {
            case CHOLESKY, INVERSE -> Check.one(in[0]);
            case QR ->
                new TensorSpec[] {in[0].with(batch.concat(Shape.of(m, k))), in[0].with(batch.concat(Shape.of(k, n)))};
            case SVD ->
                new TensorSpec[] {
                    in[0].with(batch.concat(Shape.of(m, k))),
                    in[0].with(batch.concat(Shape.of(k))),
                    in[0].with(batch.concat(Shape.of(k, n)))
                };
            case SOLVE, SOLVE_LOWER, SOLVE_UPPER -> {
                Shape b = in[1].shape();
                if (!(b.rank() == a.rank() && b.with(-1, 1).equals(a.with(-1, 1)))) {
                    throw Check.failure(
                            this,
                            "right side " + in[1] + " does not fit " + in[0],
                            "give [..., " + n + ", k] with the same leading sizes");
                }
                yield Check.one(in[1]);
            }
            case DET -> Check.one(in[0].with(batch));
        };
    }
}
