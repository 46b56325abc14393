package dev.lanewise.tensor;

import java.io.Serial;

/** A tensor was used after its memory had been released. The message names the scope that released it. */
public final class ReleasedTensorException extends TensorException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * An error that says who released the tensor's memory.
     *
     * @param message operation, what was found, what was expected and what to do, in one line
     */
    public ReleasedTensorException(String message) {
        super(message);
    }
}
