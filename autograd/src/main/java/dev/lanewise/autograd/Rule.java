package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How the gradient of one operation is computed: which operands and results it needs (as bit masks), and the
 * vector-Jacobian product for one operand.
 */
record Rule(int inputs, int outputs, Vjp vjp) {
    /** The operation has no gradient, and its results are constants. */
    static final Rule NONE = new Rule(0, 0, (context, input) -> null);

    /** Every operand. */
    static final int ALL = -1;

    /** The gradient for one operand, before un-broadcasting; null where it is zero. */
    interface Vjp {
        @Nullable
        Tensor apply(Context context, int input);
    }

    @SuppressWarnings("ReferenceEquality") // there is one such rule
    boolean isNone() {
        return this == NONE;
    }

    boolean savesInput(int i) {
        return (inputs >> Math.min(i, 31) & 1) != 0;
    }

    boolean savesOutput(int i) {
        return (outputs >> i & 1) != 0;
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

    /** A rule that needs all operands and no result. */
    static Rule inputs(Vjp vjp) {
        return new Rule(ALL, 0, vjp);
    }
}
