package dev.lanewise.autograd;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.MatrixMethods;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.Linalg;
import org.jspecify.annotations.Nullable;

/**
 * The gradient rules of linear algebra, after Giles 2008, "An extended collection of matrix derivative results for
 * forward and reverse mode algorithmic differentiation", and for QR and SVD Townsend 2016, "Differentiating the singular
 * value decomposition", Walter and Lehmann 2018 (arXiv:1009.6112), and Roberts and Roberts 2020 (arXiv:2009.10071) for
 * wide matrices.
 */
final class LinalgRules {
    private LinalgRules() {}

    static Rule of(Linalg op) {
        return switch (op) {
            case CHOLESKY -> Rule.output(LinalgRules::cholesky);
            case INVERSE ->
                Rule.output(
                        (g, y) -> y.transpose().matmul(g).matmul(y.transpose()).neg());
            case DET -> Rule.inputs((c, i) -> determinant(c));
            case SOLVE -> new Rule(1, 1, LinalgRules::solve);
            case SOLVE_LOWER -> new Rule(1, 1, (c, input) -> solveTriangle(c, input, false));
            case SOLVE_UPPER -> new Rule(1, 1, (c, input) -> solveTriangle(c, input, true));
            case QR -> new Rule(0, 3, LinalgRules::qr);
            case SVD -> new Rule(0, 7, LinalgRules::svd);
        };
    }

    /** {@code L^-T P(L^T g) L^-1}, symmetric, where P halves the diagonal of the lower triangle. */
    private static Tensor cholesky(Tensor g, Tensor l) {
        Tensor inner = halved(l.transpose().matmul(g));
        Tensor left = l.transpose().solveTriangular(inner, true);
        Tensor s = l.transpose().solveTriangular(left.transpose(), true);
        return s.add(s.transpose()).mul(0.5);
    }

    private static Tensor halved(Tensor m) {
        return m.tril(-1).add(m.tril(0)).mul(0.5);
    }

    private static Tensor solve(Context c, int input) {
        Tensor gb = c.x(0).transpose().solve(c.g());
        return input == 1 ? gb : gb.matmul(c.y(0).transpose()).neg();
    }

    /** As {@link #solve}; what is on the other side of the diagonal has no part in it. */
    private static Tensor solveTriangle(Context c, int input, boolean upper) {
        Tensor gb = c.x(0).transpose().solveTriangular(c.g(), !upper);
        if (input == 1) {
            return gb;
        }
        Tensor ga = gb.matmul(c.y(0).transpose()).neg();
        return upper ? ga.triu(0) : ga.tril(0);
    }

    /**
     * With at least as many rows as columns, {@code (gQ + Q sym(M)) R^-T} with {@code M = R gR^T - gQ^T Q}. A wide
     * matrix is {@code [X Y] = Q [U V]} with square X: {@code V = Q^T Y} adds {@code Y gV^T} to the gradient that
     * arrives at Q, and Y gets {@code Q gV}.
     */
    private static Tensor qr(Context c, int input) {
        Tensor q = c.y(0);
        Tensor r = c.y(1);
        Tensor gq = orZeros(c.upstream(0), q);
        Tensor gr = orZeros(c.upstream(1), r);
        long m = q.shape().size(-2);
        long more = r.shape().size(-1) - m;
        if (more <= 0) {
            return tallQr(q, r, gq, gr);
        }
        Tensor gv = gr.narrow(-1, m, more);
        Tensor y = q.matmul(r.narrow(-1, m, more));
        Tensor gx = tallQr(q, r.narrow(-1, 0, m), gq.add(y.matmul(gv.transpose())), gr.narrow(-1, 0, m));
        return Tensor.cat(-1, gx, q.matmul(gv));
    }

    private static Tensor tallQr(Tensor q, Tensor r, Tensor gq, Tensor gr) {
        Tensor m = r.matmul(gr.transpose()).sub(gq.transpose().matmul(q));
        Tensor symmetric = m.tril(0).add(m.tril(-1).transpose());
        Tensor inner = gq.add(q.matmul(symmetric));
        return r.solveTriangular(inner.transpose(), true).transpose();
    }

    /**
     * {@code det(U) det(V) U diag(products of the other singular values) V^T}, the matrix of cofactors, which singular
     * matrices have too. If it is to be differentiated again, it is {@code det(A) A^-T} where A is regular, because
     * singular vectors have no derivatives at equal singular values. Matrices that are not finite get NaN without
     * affecting others in the batch.
     */
    private static Tensor determinant(Context c) {
        Tensor x = c.x(0);
        if (x.shape().isEmpty()) {
            return x.zerosLike();
        }
        int[] matrix = {-2, -1};
        Tensor finite = x.isFinite().all(matrix, Keep.KEEP);
        Tensor clean = finite.where(x, number(x, 0));
        Tensor cofactors = c.differentiating() ? cofactorsOfEach(clean) : cofactors(clean);
        return c.g().unsqueeze(-1).unsqueeze(-1).mul(finite.where(cofactors, number(x, Double.NaN)));
    }

    private static Tensor cofactorsOfEach(Tensor x) {
        long n = x.shape().size(-1);
        Tensor s = Autograd.detach(x).svd().s();
        double unit = x.dtype() == DType.F64 ? 0x1p-52 : 0x1p-23;
        Tensor singular =
                s.narrow(-1, n - 1, 1).le(s.narrow(-1, 0, 1).mul(n * unit)).unsqueeze(-1);
        Tensor one = Tensor.eye(n, x.dtype(), x.device());
        // each way sees only matrices that it can differentiate
        Tensor regular = singular.where(one, x);
        Tensor ofRegular =
                regular.det().unsqueeze(-1).unsqueeze(-1).mul(regular.inverse().transpose());
        Tensor distinct = one.mul(Tensor.arange(n, x.dtype(), x.device()).add(1));
        return singular.where(cofactors(singular.where(x, distinct)), ofRegular);
    }

    private static Tensor cofactors(Tensor x) {
        MatrixMethods.Svd svd = x.svd();
        Tensor sign = Autograd.detach(svd.u())
                .det()
                .mul(Autograd.detach(svd.vt()).det())
                .round();
        Tensor others = others(svd.s()).mul(sign.unsqueeze(-1));
        return svd.u().mul(others.unsqueeze(-2)).matmul(svd.vt());
    }

    /** For every element of the last dimension, the product of the others. */
    private static Tensor others(Tensor s) {
        long n = s.shape().size(-1);
        Tensor diagonal = Tensor.eye(n, s.dtype(), s.device()).ne(0);
        return diagonal.where(number(s, 1), s.unsqueeze(-2)).prod(-1);
    }

    private static Tensor number(Tensor like, double value) {
        return Tensor.full(value, like.dtype(), like.device());
    }

    /** Singular values alone have a gradient even where some are equal or 0; singular vectors have none there. */
    private static Tensor svd(Context c, int input) {
        Tensor u = c.y(0);
        Tensor s = c.y(1);
        Tensor v = c.y(2).transpose();
        Tensor gs = orZeros(c.upstream(1), s);
        Tensor gu = c.upstream(0);
        Tensor gvt = c.upstream(2);
        Tensor result = u.mul(gs.unsqueeze(-2)).matmul(v.transpose());
        if (gu == null && gvt == null) {
            return result;
        }
        Tensor gaps = gaps(s);
        Tensor row = s.unsqueeze(-2);
        if (gu != null) {
            Tensor inner = u.transpose().matmul(gu);
            result = result.add(u.matmul(skew(inner).mul(gaps).mul(row)).matmul(v.transpose()));
            if (u.shape().size(-2) > u.shape().size(-1)) {
                result = result.add(gu.sub(u.matmul(inner)).div(row).matmul(v.transpose()));
            }
        }
        if (gvt != null) {
            Tensor gv = gvt.transpose();
            Tensor inner = v.transpose().matmul(gv);
            result = result.add(
                    u.matmul(skew(inner).mul(gaps).mul(s.unsqueeze(-1))).matmul(v.transpose()));
            if (v.shape().size(-2) > v.shape().size(-1)) {
                result = result.add(u.matmul(gv.sub(v.matmul(inner)).div(row).transpose()));
            }
        }
        return result;
    }

    private static Tensor skew(Tensor m) {
        return m.sub(m.transpose());
    }

    /** {@code 1 / (s_j^2 - s_i^2)}, 0 on the diagonal. */
    private static Tensor gaps(Tensor s) {
        Tensor squares = s.square();
        Tensor difference = squares.unsqueeze(-2).sub(squares.unsqueeze(-1));
        Tensor diagonal = Tensor.eye(s.shape().size(-1), s.dtype(), s.device());
        return difference.add(diagonal).reciprocal().sub(diagonal);
    }

    private static Tensor orZeros(@Nullable Tensor gradient, Tensor like) {
        return gradient == null ? like.zerosLike() : gradient;
    }
}
