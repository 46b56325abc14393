package dev.lanewise.tensor;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * An operation got what it can't work with. The message names the operation, what it found and what to do:
 * {@code matmul: inner sizes differ: [2, 3] x [4, 3] (3 != 4); transpose the right operand?} A method of {@link Tensor} is
 * named as operations are, {@code max_pool2d} for {@link Tensor#maxPool2d maxPool2d}, and whatever it is made of: an error
 * inside {@link Tensor#max(int) max} begins with {@code max}. The message is one line: line breaks become semicolons, and
 * other control characters, as names in a model's file may hold, question marks.
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
        super(oneLine(CalledMethod.named(message)));
    }

    /**
     * An error with its cause.
     *
     * @param message operation, what was found, what was expected and what to do, in one line
     * @param cause what led to it, or null
     */
    public TensorException(String message, @Nullable Throwable cause) {
        super(oneLine(CalledMethod.named(message)), cause);
    }

    /** Text from a hostile file must not break the line or steer a terminal. */
    private static String oneLine(String message) {
        if (message.chars().noneMatch(Character::isISOControl)) {
            return message;
        }
        StringBuilder line = new StringBuilder(message.replaceAll("\\R[ \\t]*", "; "));
        for (int i = 0; i < line.length(); i++) {
            if (Character.isISOControl(line.charAt(i))) {
                line.setCharAt(i, '?');
            }
        }
        return line.toString();
    }
}
