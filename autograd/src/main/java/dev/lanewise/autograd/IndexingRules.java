package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Scatter;

/** The gradient rules of scattering. Operands: base, positions, elements. */
final class IndexingRules {
    private IndexingRules() {}

    static Rule of(Scatter op) {
        return switch (op.kind()) {
            case SET -> new Rule(2, 0, (c, i) -> i == 0 ? cleared(c, op) : c.g().gather(op.dim(), c.x(1)));
            case ADD -> new Rule(2, 0, (c, i) -> i == 0 ? c.g() : c.g().gather(op.dim(), c.x(1)));
            case MUL -> Rule.inputs((c, i) -> product(c, op, i));
            case AMAX, AMIN -> new Rule(Rule.ALL, 1, (c, i) -> extreme(c, op, i));
        };
    }

    private static Tensor cleared(Context c, Scatter op) {
        Tensor zeros = Tensor.full(0, c.g().dtype(), c.g().device(), c.shape(1).toArray());
        return c.g().scatter(Scatter.Kind.SET, op.dim(), c.x(1), zeros);
    }

    /** For the base the product of its elements; for an element what the others give, by dividing it out. */
    private static Tensor product(Context c, Scatter op, int input) {
        Tensor factors = c.x(0).onesLike().scatter(Scatter.Kind.MUL, op.dim(), c.x(1), c.x(2));
        return input == 0
                ? c.g().mul(factors)
                : c.g().mul(c.x(0)).mul(factors).gather(op.dim(), c.x(1)).div(c.x(2));
    }

    /** Shared evenly among equal extremes. */
    private static Tensor extreme(Context c, Scatter op, int input) {
        Tensor y = c.y(0);
        Tensor baseHit = c.x(0).eq(y).to(y.dtype());
        Tensor elementHit = c.x(2).eq(y.gather(op.dim(), c.x(1))).to(y.dtype());
        Tensor share = c.g().div(baseHit.scatterAdd(op.dim(), c.x(1), elementHit));
        return input == 0 ? share.mul(baseHit) : share.gather(op.dim(), c.x(1)).mul(elementHit);
    }
}
