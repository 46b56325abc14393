package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Tensor;

/** A loss. */
@FunctionalInterface
public interface Loss {
    /**
     * The loss.
     *
     * @param prediction what the model gives
     * @param target what it should give
     * @return a scalar, unless the loss was made without reduction
     */
    Tensor of(Tensor prediction, Tensor target);
}
