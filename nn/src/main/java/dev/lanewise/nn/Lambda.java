package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.function.UnaryOperator;

/** A function without parameters as a module, for what has no class of its own: {@code new Lambda(x -> x.mean(1))}. */
public final class Lambda extends Module {
    private final UnaryOperator<Tensor> function;

    /** A module that applies the function. */
    public Lambda(UnaryOperator<Tensor> function) {
        this.function = function;
    }

    /** The module that returns its input. */
    public static Lambda identity() {
        return new Lambda(x -> x);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return function.apply(x);
    }
}
