package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A function as a layer, for functions that have no class of their own.
 *
 * <pre>{@code
 * new Lambda(x -> x.mean(1))
 * new Lambda(x -> x.add(block.forward(x)), block)   // a residual connection; the block is trained with the rest
 * }</pre>
 */
public final class Lambda extends Layer {
    private final UnaryOperator<Tensor> function;

    /**
     * A layer that applies a function.
     *
     * @param function what the layer computes
     * @param used the layers that the function calls: they become children, named by their numbers from 0
     */
    public Lambda(UnaryOperator<Tensor> function, Layer... used) {
        Objects.requireNonNull(function, "function");
        this.function = function;
        for (int i = 0; i < used.length; i++) {
            child(Integer.toString(i), used[i]);
        }
    }

    @Override
    protected Tensor compute(Tensor x) {
        return function.apply(x);
    }
}
