package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.optim.Clipping;

/**
 * Measures the Euclidean norm of all gradients together, before clipping, as {@value #NAME} of every step. A trainer that
 * {@linkplain Trainer#clipByNorm clips by norm} measures it anyway.
 */
public final class GradientNorm implements Callback {
    /** The name under which the norm is found among the figures. */
    public static final String NAME = "gradient_norm";

    /** A callback that measures the norm of all gradients at every step. */
    public GradientNorm() {}

    @Override
    public void onGradients(Training training, Gradients gradients) {
        training.measured(NAME, Clipping.norm(gradients));
    }
}
