package dev.lanewise.nn.internal;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Functions that see, and may exchange, a layer's result and the gradient with respect to it. */
public final class Hooks {
    private final List<UnaryOperator<Tensor>> forward = new CopyOnWriteArrayList<>();
    private final List<UnaryOperator<Tensor>> backward = new CopyOnWriteArrayList<>();

    /** None yet. */
    public Hooks() {}

    /** {@return whether there is none} */
    public boolean isEmpty() {
        return forward.isEmpty() && backward.isEmpty();
    }

    /**
     * Adds a function of results.
     *
     * @param hook is called after those added before
     * @return takes it away again
     */
    public Runnable addForward(UnaryOperator<Tensor> hook) {
        return add(forward, hook);
    }

    /**
     * Adds a function of gradients.
     *
     * @param hook is called after those added before
     * @return takes it away again
     */
    public Runnable addBackward(UnaryOperator<Tensor> hook) {
        return add(backward, hook);
    }

    private static Runnable add(List<UnaryOperator<Tensor>> hooks, UnaryOperator<Tensor> hook) {
        // another object for each, so that one function can be there twice
        Objects.requireNonNull(hook, "hook");
        UnaryOperator<Tensor> added = hook::apply;
        hooks.add(added);
        return () -> hooks.remove(added);
    }

    /**
     * {@return what the hooks make of a result, whose gradient they will see}
     *
     * @param result the layer's
     */
    public Tensor apply(Tensor result) {
        Tensor y = result;
        for (UnaryOperator<Tensor> hook : forward) {
            y = given(hook.apply(y));
        }
        return backward.isEmpty() || !Autograd.isTracked(y) ? y : Autograd.apply(new Watched(List.copyOf(backward)), y);
    }

    private static Tensor given(@Nullable Tensor result) {
        if (result == null) {
            throw new TensorException("hook: returned null (expected a tensor); return the one that it was given");
        }
        return result;
    }

    /** The same tensor, whose gradient is seen. */
    private record Watched(List<UnaryOperator<Tensor>> hooks) implements Autograd.CustomOp {
        @Override
        public String name() {
            return "backward hook";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return Autograd.detach(inputs[0]);
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            Tensor gradient = upstream;
            for (UnaryOperator<Tensor> hook : hooks) {
                gradient = given(hook.apply(gradient));
                if (!gradient.spec().equals(upstream.spec())) {
                    throw new TensorException(
                            "backward hook: returned " + gradient.spec() + " for a gradient " + upstream.spec()
                                    + " (expected the same type and shape); return the gradient, or one like it");
                }
            }
            return new Tensor[] {gradient};
        }

        @Override
        public boolean looksBack() {
            return false;
        }
    }
}
