package dev.lanewise.nn.train;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.optim.Clipping;

/**
 * Measures the Euclidean norm of all gradients together, before clipping, as {@value #NAME} of every step. A trainer that
 * {@linkplain Trainer#clipByNorm clips by norm} measures it anyway.
 */
public final class GradientNorm implements Callback {
    /** The figure's name. */
    public static final String NAME = "gradient_norm";

    /** A measurement. */
    public GradientNorm() {}

    @Override
    public void onGradients(Training training, Gradients gradients) {
        training.measured(NAME, Clipping.norm(gradients));
    }
}
