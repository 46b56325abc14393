package dev.lanewise.nn.train;

import dev.lanewise.tensor.TensorException;

/** The loss or a gradient became NaN or infinite. The weights are those before the step. */
public final class NonFiniteException extends TensorException {
    private static final long serialVersionUID = 1;

    /**
     * An error that says which number is not finite.
     *
     * @param message what is not finite, where, and what to do, in one line
     */
    public NonFiniteException(String message) {
        super(message);
    }
}
