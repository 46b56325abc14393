package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.Tensor;

/**
 * Ends a training before an update by gradients that are not finite. (A trainer always ends at a loss that is not finite;
 * without this guard such gradients spoil the weights first, and no operation can be blamed.) The message of the
 * {@link NonFiniteException} names the operation that made the first NaN. Costs a pass over the gradients a step.
 */
public final class NanGuard implements Callback {
    /** A guard. */
    public NanGuard() {}

    @Override
    public void onGradients(Training training, Gradients gradients) {
        for (Tensor gradient : gradients.values()) {
            // a sum is finite only if all elements are; one that overflows is worth a stop as well
            double sum = gradient.abs().sum().item();
            if (!Double.isFinite(sum)) {
                throw training.diagnose("a gradient of shape " + gradient.shape() + " became "
                        + (Double.isNaN(sum) ? "NaN" : "infinite"));
            }
        }
    }
}
