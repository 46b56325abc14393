package dev.lanewise.tensor;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A device has no memory left for a tensor, after everything that could be given back was. */
public final class OutOfTensorMemoryException extends TensorException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * An error that says what was asked for and what is held.
     *
     * @param message operation, what was found, what was expected and what to do, in one line
     * @param cause what led to it, or null
     */
    public OutOfTensorMemoryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
