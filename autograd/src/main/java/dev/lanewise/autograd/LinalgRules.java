package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Linalg;
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
            case DET ->
                new Rule(
                        1,
                        1,
                        (c, i) -> c.g().mul(c.y(0))
                                .unsqueeze(-1)
                                .unsqueeze(-1)
                                .mul(c.x(0).inverse().transpose()));
            case SOLVE -> new Rule(1, 1, LinalgRules::solve);
            case QR -> new Rule(0, 3, LinalgRules::qr);
            case SVD -> new Rule(0, 7, LinalgRules::svd);
        };
    }

    /** {@code L^-T P(L^T g) L^-1}, symmetric, where P halves the diagonal of the lower triangle. */
    private static Tensor cholesky(Tensor g, Tensor l) {
        Tensor inverse = l.inverse();
        Tensor inner = halved(l.transpose().matmul(g));
        Tensor s = inverse.transpose().matmul(inner).matmul(inverse);
        return s.add(s.transpose()).mul(0.5);
    }

    private static Tensor halved(Tensor m) {
        return m.tril(-1).add(m.tril(0)).mul(0.5);
    }

    private static Tensor solve(Context c, int input) {
        Tensor gb = c.x(0).transpose().solve(c.g());
        return input == 1 ? gb : gb.matmul(c.y(0).transpose()).neg();
    }

    /**
     * For at least as many rows as columns {@code (gQ + Q sym(M)) R^-T} with {@code M = R gR^T - gQ^T Q}. A wide matrix is
     * {@code [X Y] = Q [U V]} with square X: {@code V = Q^T Y} adds {@code Y gV^T} to what arrives at Q, and Y gets
     * {@code Q gV}.
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
        return gq.add(q.matmul(symmetric)).matmul(r.inverse().transpose());
    }

    private static Tensor svd(Context c, int input) {
        Tensor u = c.y(0);
        Tensor s = c.y(1);
        Tensor v = c.y(2).transpose();
        Tensor gu = orZeros(c.upstream(0), u);
        Tensor gs = orZeros(c.upstream(1), s);
        Tensor gv = orZeros(c.upstream(2), c.y(2)).transpose();
        Tensor gaps = gaps(s);
        Tensor row = s.unsqueeze(-2);
        Tensor column = s.unsqueeze(-1);
        Tensor left = skew(u.transpose().matmul(gu)).mul(gaps).mul(row);
        Tensor right = skew(v.transpose().matmul(gv)).mul(gaps).mul(column);
        Tensor middle = left.add(right).add(diagonal(gs));
        Tensor result = u.matmul(middle).matmul(v.transpose());
        Tensor uRest = gu.sub(u.matmul(u.transpose().matmul(gu))).div(row);
        Tensor vRest = gv.sub(v.matmul(v.transpose().matmul(gv))).div(row);
        return result.add(uRest.matmul(v.transpose())).add(u.matmul(vRest.transpose()));
    }

    private static Tensor skew(Tensor m) {
        return m.sub(m.transpose());
    }

    private static Tensor diagonal(Tensor values) {
        return values.unsqueeze(-1).mul(Tensor.eye(values.shape().size(-1), values.dtype(), values.device()));
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
