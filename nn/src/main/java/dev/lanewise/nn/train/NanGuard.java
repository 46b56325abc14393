package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;

/**
 * Ends training before an update with gradients that are not finite. (A trainer always ends training when the loss is
 * not finite; without this guard, such gradients spoil the weights first, and no operation can be blamed.) The message
 * of the {@link NonFiniteException} names the operation that made the first NaN. Costs a pass over the gradients per
 * step.
 */
public final class NanGuard implements Callback {
    /** A callback that ends training with an error when the loss is not finite. */
    public NanGuard() {}

    @Override
    public void onGradients(Training training, Gradients gradients) {
        training.model().namedParameters().forEach((name, parameter) -> {
            if (gradients.has(parameter.leaf())) {
                // a sum is finite only if all elements are; one that overflows is reason enough to stop, too
                double sum = gradients.of(parameter.leaf()).abs().sum().item();
                if (!Double.isFinite(sum)) {
                    throw training.diagnose(
                            "the gradient of " + name + " became " + (Double.isNaN(sum) ? "NaN" : "infinite"));
                }
            }
        });
    }
}
