package dev.lanewise.autograd;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.Scatter;

/** The gradient rules of scattering. Operands: base, positions, elements. */
final class IndexingRules {
    private IndexingRules() {}

    static Rule of(Scatter op) {
        return switch (op.kind()) {
            case SET -> new Rule(2, 0, (c, i) -> i == 0 ? cleared(c, op) : lasting(c, op));
            case ADD -> new Rule(2, 0, (c, i) -> i == 0 ? c.g() : c.g().gather(op.dim(), c.x(1)));
            case MUL -> new Rule(i -> i == 0 ? 6 : Rule.ALL, i -> 0, (c, i) -> product(c, op, i));
            case AMAX, AMIN -> new Rule(Rule.ALL, 1, (c, i) -> extreme(c, op, i));
        };
    }

    private static Tensor cleared(Context c, Scatter op) {
        Tensor zeros = Tensor.full(0, c.g().dtype(), c.g().device(), c.shape(1).toArray());
        return c.g().scatter(op.dim(), c.x(1), zeros);
    }

    /** Zero for an element that a later one for the same place replaced. */
    private static Tensor lasting(Context c, Scatter op) {
        Tensor index = c.x(1);
        Tensor order = Tensor.arange(index.shape().elements(), DType.I64, index.device())
                .reshape(index.shape());
        Tensor places = Tensor.full(-1, DType.I64, index.device(), c.shape(0).toArray());
        Tensor last = places.scatter(op.dim(), index, order).gather(op.dim(), index);
        Tensor zero = Tensor.full(0, c.g().dtype(), c.g().device());
        return last.eq(order).where(c.g().gather(op.dim(), index), zero);
    }

    /** For the base, the product of its elements; for an element, the product of the others. */
    private static Tensor product(Context c, Scatter op, int input) {
        if (input == 0) {
            return c.g().mul(Tensor.apply(op, c.g().onesLike(), c.x(1), c.x(2)));
        }
        Tensor index = c.x(1);
        Tensor zero = c.x(2).eq(0);
        Tensor zeros = c.x(0).eq(0).to(DType.I64).scatterAdd(op.dim(), index, zero.to(DType.I64));
        Tensor factors = c.x(2).maskedFill(zero, 1);
        Tensor products = Tensor.apply(op, c.x(0).maskedFill(c.x(0).eq(0), 1), index, factors);
        // the element is divided out; if it is zero, it was left out of the product
        Tensor others = c.g().mul(products).gather(op.dim(), index).div(factors);
        Tensor zerosOfOthers = zeros.gather(op.dim(), index).sub(zero.to(DType.I64));
        return others.maskedFill(zerosOfOthers.ne(0), 0);
    }

    /** The gradient, shared evenly among equal extremes. */
    private static Tensor extreme(Context c, Scatter op, int input) {
        Tensor y = c.y(0);
        Tensor baseHit = c.x(0).eq(y).to(y.dtype());
        Tensor elementHit = c.x(2).eq(y.gather(op.dim(), c.x(1))).to(y.dtype());
        Tensor share = c.g().div(baseHit.scatterAdd(op.dim(), c.x(1), elementHit));
        return input == 0 ? share.mul(baseHit) : share.gather(op.dim(), c.x(1)).mul(elementHit);
    }
}
