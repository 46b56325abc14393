package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The gradients of an output for watched tensors. Immutable; the tensors belong to the scope of the call. */
public final class Gradients {
    private final Map<GradOrigin, Tensor> byOrigin;

    Gradients(Map<GradOrigin, Tensor> byOrigin) {
        this.byOrigin = byOrigin;
    }

    /** Whether the output depends on the tensor. */
    public boolean has(Tensor watched) {
        return find(watched) != null;
    }

    /**
     * The gradient, of the tensor's shape and type.
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

    private @Nullable Tensor find(Tensor watched) {
        GradOrigin origin = GradOrigin.of(watched);
        return origin == null ? null : byOrigin.get(origin);
    }
}
