package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.MatrixMethods.Eigh;
import dev.lanewise.tensor.MatrixMethods.Lu;
import dev.lanewise.tensor.MatrixMethods.Svd;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.spi.Origins;

/** Decompositions of matrices that are composed of other operations. */
public final class Decompositions {
    /** Up to as many columns, distances are computed column by column. */
    private static final long FEW_COLUMNS = 32;

    private Decompositions() {}

    /** The matrices' shape, if they are matrices. */
    private static Shape matrices(String op, Tensor a) {
        Shape shape = a.shape();
        if (shape.rank() < 2 || !a.dtype().isFloating()) {
            throw new TensorException(
                    op + ": got " + a.spec() + " (expected matrices [..., m, n] of F32 or F64); reshape or cast them");
        }
        return shape;
    }

    /** The solution of {@code T X = B} or {@code X T = B}, which is that of {@code T^T X^T = B^T}. */
    public static Tensor solveTriangular(Tensor a, Tensor b, boolean upper, boolean left, boolean unitriangular) {
        Shape shape = matrices("solve_triangular", a);
        Shape right = matrices("solve_triangular", b);
        if (!left) {
            return solveTriangular(a.transpose(), b.transpose(), !upper, true, unitriangular)
                    .transpose();
        }
        Tensor triangle = a;
        if (unitriangular) {
            Tensor inner = upper ? a.triu(1) : a.tril(-1);
            triangle = inner.add(Tensor.eye(shape.size(-1), a.dtype(), a.device()));
        }
        Shape batch = Shape.broadcast("solve_triangular", leading(shape), leading(right));
        return Tensor.apply(
                upper ? Linalg.SOLVE_UPPER : Linalg.SOLVE_LOWER,
                triangle.expand(batch.concat(shape.slice(shape.rank() - 2, shape.rank()))),
                b.expand(batch.concat(right.slice(right.rank() - 2, right.rank()))));
    }

    private static Shape leading(Shape matrices) {
        return matrices.slice(0, matrices.rank() - 2);
    }

    /** Gaussian elimination with partial pivoting (Golub and Van Loan, algorithm 3.4.1), a column at a time. */
    public static Lu lu(Tensor a) {
        Shape shape = matrices("lu", a);
        long m = shape.size(shape.rank() - 2);
        long n = shape.size(shape.rank() - 1);
        long k = Math.min(m, n);
        Shape leading = leading(shape);
        Tensor place = Tensor.arange(m, DType.I64, a.device());
        Tensor order = place.expand(leading.concat(Shape.of(m)));
        Tensor work = a;
        for (long j = 0; j < k; j++) {
            Tensor pivot = detached(work).narrow(-1, j, 1).squeeze(-1).narrow(-1, j, m - j);
            Tensor largest = pivot.abs().argmax(-1, Keep.KEEP).add(j);
            Tensor index = swapped(place, j, largest);
            order = order.gather(-1, index);
            work = eliminated(work.gather(-2, index.unsqueeze(-1).expand(shape)), j, place, n);
        }
        Tensor lower = work.narrow(-1, 0, k)
                .tril(-1)
                .add(Tensor.eye(m, a.dtype(), a.device()).narrow(1, 0, k));
        Tensor permutation = order.oneHot(m).to(a.dtype()).transpose(-1, -2);
        return new Lu(permutation, lower, work.narrow(-2, 0, k).triu(0));
    }

    /** The places of rows after a swap of j and another one. */
    private static Tensor swapped(Tensor place, long j, Tensor other) {
        Tensor there = place.eq(other);
        Tensor here = place.eq(j).expand(there.shape());
        Tensor target = other.expand(there.shape());
        Tensor rest = there.where(other.zerosLike().add(j).expand(there.shape()), place.expand(there.shape()));
        return here.where(target, rest);
    }

    /** One column below the diagonal becomes the factors, the rest is what they leave. */
    private static Tensor eliminated(Tensor work, long j, Tensor place, long n) {
        Tensor below = place.gt(j).unsqueeze(-1);
        Tensor row = work.narrow(-2, j, 1);
        Tensor pivot = row.narrow(-1, j, 1);
        Tensor column = work.narrow(-1, j, 1);
        // a column of zeros is eliminated already
        Tensor usable = pivot.ne(0.0);
        Tensor safe = usable.where(pivot, pivot.onesLike());
        Tensor wanted = below.and(usable);
        Tensor factors = wanted.where(column.div(safe), column.zerosLike());
        Tensor right = Tensor.arange(n, DType.I64, work.device()).gt(j);
        Tensor rest = work.sub(factors.mul(right.where(row, row.zerosLike())));
        Tensor isColumn = Tensor.arange(n, DType.I64, work.device()).eq(j);
        Tensor replaced = isColumn.and(below);
        return replaced.where(factors.expand(work.shape()), rest);
    }

    private static Tensor detached(Tensor x) {
        return Origins.withOrigin(x, null);
    }

    /**
     * By singular values of the matrix moved to where all eigenvalues are above 0, which are then its eigenvalues; the error is
     * that of a symmetric solver, a few roundings of the norm.
     */
    public static Eigh eigh(Tensor a) {
        Shape shape = matrices("eigh", a);
        long n = shape.size(shape.rank() - 1);
        if (shape.size(shape.rank() - 2) != n) {
            throw new TensorException(
                    "eigh: got " + a.spec() + " (expected square matrices [..., n, n]); reshape them?");
        }
        Tensor symmetric = a.add(a.transpose(-1, -2)).mul(0.5);
        if (n == 0) {
            return new Eigh(symmetric.sum(-1), symmetric);
        }
        Tensor norm = detached(symmetric).norm(2, new int[] {-2, -1}, Keep.KEEP);
        Tensor shift = norm.mul(1.5).add(norm.eq(0.0).to(a.dtype()));
        Tensor eye = Tensor.eye(n, a.dtype(), a.device());
        Svd svd = symmetric.add(eye.mul(shift)).svd();
        Tensor values = svd.s().sub(shift.squeeze(-1));
        return new Eigh(values.flip(-1), svd.u().flip(-1));
    }

    /** By singular values, of which those up to a part of the largest count as 0; if it is negative, by the type's rounding. */
    public static Tensor pseudoInverse(Tensor a, double relative) {
        matrices("pinv", a);
        Svd svd = detached(a).svd();
        Tensor kept = svd.s().gt(cutoff(a, svd.s(), relative));
        Tensor safe = kept.where(svd.s(), svd.s().onesLike());
        Tensor inverse = kept.where(safe.reciprocal(), svd.s().zerosLike());
        Tensor v = svd.vt().transpose(-1, -2);
        Tensor value = v.mul(inverse.unsqueeze(-2)).matmul(svd.u().transpose(-1, -2));
        if (Origins.of(a) == null) {
            return value;
        }
        Tensor mask = kept.to(a.dtype()).unsqueeze(-2);
        Tensor same = tracked(a, svd.u().mul(mask), v.mul(mask), inverse.unsqueeze(-2), mask);
        return value.add(same.sub(detached(same)));
    }

    /**
     * The pseudo-inverse for the sake of its derivatives, of any order, for changes that leave the rank as it is. With the
     * kept singular vectors U and V and values S as constants, {@code A = L N^-1 R} of {@code L = A V S^-1},
     * {@code R = S^-1 U^T A} and {@code N = S^-1 U^T A V S^-1}, so that its pseudo-inverse is {@code R^+ N L^+}, and L and R
     * have full rank: {@code L^+ = (L^T L)^-1 L^T}, where {@code L^T L} is the identity but for roundings. No two singular
     * values are subtracted, which may be equal.
     */
    private static Tensor tracked(Tensor a, Tensor u, Tensor v, Tensor inverse, Tensor mask) {
        Tensor right = v.mul(inverse);
        Tensor left = u.mul(inverse).transpose(-1, -2);
        Tensor l = a.matmul(right);
        Tensor r = left.matmul(a);
        // ones where nothing is kept, so that there is an inverse
        long k = mask.shape().size(-1);
        Tensor others = Tensor.eye(k, a.dtype(), a.device()).mul(mask.rsub(1));
        Tensor lt = l.transpose(-1, -2);
        Tensor rt = r.transpose(-1, -2);
        Tensor inverseOfL = lt.matmul(l).add(others).solve(lt);
        Tensor inverseOfR = rt.matmul(r.matmul(rt).add(others).inverse());
        return inverseOfR.matmul(left.matmul(l)).matmul(inverseOfL);
    }

    /** How many singular values are above the same cutoff. */
    public static Tensor rank(Tensor a, double relative) {
        matrices("matrix_rank", a);
        Tensor s = detached(a).svd().s();
        return s.gt(cutoff(a, s, relative)).to(DType.I64).sum(-1);
    }

    private static Tensor cutoff(Tensor a, Tensor s, double relative) {
        int rank = a.shape().rank();
        double rounding = a.dtype() == DType.F64 ? 0x1p-52 : 0x1p-23;
        double part =
                relative < 0 ? Math.max(a.shape().size(rank - 1), a.shape().size(rank - 2)) * rounding : relative;
        Tensor values = detached(s);
        return values.shape().isEmpty() ? values : values.amax(-1, Keep.KEEP).mul(part);
    }

    /**
     * The norms of the differences of all pairs of rows. Of few columns the pairs lie side by side, so that the sums are over
     * long rows of them.
     */
    public static Tensor distances(Tensor a, Tensor b, double p) {
        if (a.shape().size(-1) > FEW_COLUMNS) {
            return a.unsqueeze(-2).sub(b.unsqueeze(-3)).norm(p, new int[] {-1}, Keep.REMOVE);
        }
        Tensor rows = a.transpose(-1, -2).unsqueeze(-1);
        Tensor columns = b.transpose(-1, -2).contiguous().unsqueeze(-2);
        return rows.sub(columns).norm(p, new int[] {-3}, Keep.REMOVE);
    }
}
