package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.index.IndexAdd;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How the gradient of one operation is computed: which operands and which results the gradient for an operand needs, and
 * the vector-Jacobian product for one operand. What none of the wanted gradients needs is not kept.
 */
record Rule(Needs inputs, Needs outputs, Vjp vjp) {
    /** The operation has no gradient, and its results are constants. */
    static final Rule NONE = new Rule(0, 0, (context, input) -> null);

    /** Every operand. */
    static final int ALL = -1;

    /** Operand or result 0. */
    static final int FIRST = 1;

    /** Operand or result 1. */
    static final int SECOND = 2;

    /** The operands, or results, that the gradient for one operand needs, as bits of a mask. */
    interface Needs {
        int of(int input);
    }

    /** The gradient for one operand, before un-broadcasting; null where it is zero. */
    interface Vjp {
        @Nullable
        Tensor apply(Context context, int input);
    }

    /** The gradient of a table of which operand 1 names the rows: dense, unless the walk takes the rows themselves. */
    record OfRows() implements Vjp {
        @Override
        public Tensor apply(Context c, int input) {
            return Tensor.apply(new IndexAdd(0, c.shape(0).size(0)), c.g(), c.x(1));
        }

        /** The rows that were looked up, those looked up several times added. */
        RowGradient rows(Context c) {
            return RowGradient.summed(c.x(1), c.g(), c.shape(0).size(0));
        }
    }

    /** A rule that needs the same operands and results for every gradient. */
    Rule(int inputs, int outputs, Vjp vjp) {
        this(i -> inputs, i -> outputs, vjp);
    }

    @SuppressWarnings("ReferenceEquality") // there is one such rule
    boolean isNone() {
        return this == NONE;
    }

    /** Whether an operand or result is in a mask. */
    static boolean contains(int mask, int i) {
        return (mask >> Math.min(i, 31) & 1) != 0;
    }

    /** A rule of the upstream gradient alone. */
    static Rule plain(UnaryOperator<Tensor> vjp) {
        return new Rule(0, 0, (c, i) -> vjp.apply(c.g()));
    }

    /** A rule of the upstream gradient and the only operand. */
    static Rule input(BiFunction<Tensor, Tensor, Tensor> vjp) {
        return new Rule(1, 0, (c, i) -> vjp.apply(c.g(), c.x(0)));
    }

    /** A rule of the upstream gradient and the result. */
    static Rule output(BiFunction<Tensor, Tensor, Tensor> vjp) {
        return new Rule(0, 1, (c, i) -> vjp.apply(c.g(), c.y(0)));
    }

    /** A rule of two operands, each of whose gradients needs the other operand. */
    static Rule others(Vjp vjp) {
        return new Rule(i -> i == 0 ? SECOND : FIRST, i -> 0, vjp);
    }

    /** A rule that needs all operands and no result. */
    static Rule inputs(Vjp vjp) {
        return new Rule(ALL, 0, vjp);
    }
}
