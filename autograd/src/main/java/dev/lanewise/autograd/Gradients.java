package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The gradients of an output for watched tensors. Immutable; the tensors belong to the scope of the call. */
public final class Gradients {
    private final Map<GradOrigin, Tensor> byOrigin;

    Gradients(Map<GradOrigin, Tensor> byOrigin) {
        this.byOrigin = byOrigin;
    }

    /**
     * {@return whether the output depends on the tensor}
     *
     * @param watched a watched tensor
     */
    public boolean has(Tensor watched) {
        return find(watched) != null;
    }

    /**
     * {@return the gradient, of the tensor's shape and type}
     *
     * @param watched what {@link Autograd#watch} returned, or a tensor that was asked for
     * @throws TensorException if the tensor is not watched, or the output does not depend on it
     */
    public Tensor of(Tensor watched) {
        Tensor gradient = find(watched);
        if (gradient != null) {
            return gradient;
        }
        throw new TensorException(
                GradOrigin.of(watched) == null
                        ? "gradients: " + watched.spec() + " is not watched; use what Autograd.watch returned"
                        : "gradients: the output does not depend on " + watched.spec()
                                + "; was it computed inside noGrad, or from a detached tensor?");
    }

    /**
     * {@return the gradients themselves, in the order in which they were found, which is the same in every run of a
     * computation}
     */
    public Collection<Tensor> values() {
        return Collections.unmodifiableCollection(byOrigin.values());
    }

    /**
     * The gradients after applying a function, for example one that scales them.
     *
     * @param function turns each gradient into another one of the same shape
     * @return the new gradients
     */
    public Gradients map(UnaryOperator<Tensor> function) {
        Map<GradOrigin, Tensor> mapped = new LinkedHashMap<>();
        byOrigin.forEach((origin, gradient) -> mapped.put(origin, function.apply(gradient)));
        return new Gradients(mapped);
    }

    Map<GradOrigin, Tensor> byOrigin() {
        return byOrigin;
    }

    private @Nullable Tensor find(Tensor watched) {
        GradOrigin origin = GradOrigin.of(watched);
        return origin == null ? null : byOrigin.get(origin);
    }
}
