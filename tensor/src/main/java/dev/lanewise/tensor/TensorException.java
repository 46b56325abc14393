package dev.lanewise.tensor;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * An operation got what it can't work with. The message names the operation, what it found and what to do:
 * {@code matmul: inner sizes differ: [2, 3] x [4, 3] (3 != 4); transpose the right operand?}
 */
public class TensorException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * An error with a message of the form {@code operation: what was found (what was expected); remedy}.
     *
     * @param message operation, what was found, what was expected and what to do, in one line
     */
    public TensorException(String message) {
        super(message);
    }

    /**
     * An error with its cause.
     *
     * @param message operation, what was found, what was expected and what to do, in one line
     * @param cause what led to it, or null
     */
    public TensorException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
