package dev.lanewise.nn.prune;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Masks on parameters that are being trained: the optimizer changes all weights, {@link #apply} sets those that are pruned to
 * zero again. The parameters themselves hold the zeros, so that what is saved is pruned for good; {@link #ofZeros} finds the
 * masks of such a file again.
 */
public final class Masks {
    private final Map<Parameter, Tensor> masks = new LinkedHashMap<>();

    /** A set of masks that holds none yet. */
    public Masks() {}

    /**
     * Masks that keep what is zero at zero, for the fine-tuning of a model that was pruned and saved.
     *
     * @param parameters the weights that were pruned
     * @return a mask for each, true where it is not zero
     */
    public static Masks ofZeros(Collection<Parameter> parameters) {
        Masks found = new Masks();
        for (Parameter parameter : parameters) {
            found.put(parameter, Autograd.detach(parameter.leaf()).ne(0));
        }
        return found;
    }

    /**
     * Sets a parameter's mask, replacing an earlier one, and applies it.
     *
     * @param parameter the parameter
     * @param mask of its shape and of type BOOL, true for what stays
     * @throws TensorException if the shapes differ
     */
    public void put(Parameter parameter, Tensor mask) {
        if (!mask.shape().equals(parameter.leaf().shape()) || mask.dtype() != DType.BOOL) {
            throw new TensorException(
                    "prune: mask " + mask.spec() + " for " + parameter.leaf().spec()
                            + " (expected BOOL of the same shape, true for what stays); compare it: mask.ne(0)");
        }
        Tensor kept = mask.to(parameter.leaf().device()).contiguous().keep();
        masks.put(parameter, kept);
        apply(parameter, kept);
    }

    /**
     * Adds to what a parameter's mask takes away: what stays is true in both masks.
     *
     * @param parameter the parameter
     * @param mask as for {@link #put}
     */
    public void add(Parameter parameter, Tensor mask) {
        Tensor before = masks.get(parameter);
        put(parameter, before == null ? mask : before.and(mask.to(before.device())));
    }

    /**
     * {@return a parameter's mask, or null}
     *
     * @param parameter the parameter
     */
    public @Nullable Tensor get(Parameter parameter) {
        Objects.requireNonNull(parameter, "parameter");
        return masks.get(parameter);
    }

    /** Sets what is pruned to zero, after a step of the optimizer. */
    public void apply() {
        masks.forEach(Masks::apply);
    }

    private static void apply(Parameter parameter, Tensor mask) {
        try (Scope ignored = Scope.open("masks")) {
            Autograd.noGrad(() -> {
                Tensor values = Autograd.detach(parameter.leaf());
                values.assign(values.maskedFill(mask.not(), 0));
            });
        }
    }

    /** {@return the fraction of masked weights in the parameters that have a mask} */
    public double sparsity() {
        double all = 0;
        double left = 0;
        for (Tensor mask : masks.values()) {
            all += mask.shape().elements();
            left += mask.to(DType.F64).sum().item();
        }
        return all == 0 ? 0 : 1 - left / all;
    }
}
