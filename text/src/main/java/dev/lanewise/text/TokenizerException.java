package dev.lanewise.text;

/**
 * An error in a tokenizer's file, a chat template, or their arguments: one line that names the part, what was found,
 * and what is expected.
 */
public class TokenizerException extends RuntimeException {
    /**
     * Makes an exception.
     *
     * @param message one line
     */
    public TokenizerException(String message) {
        super(message);
    }

    /**
     * Makes an exception with its cause.
     *
     * @param message one line
     * @param cause the underlying error
     */
    public TokenizerException(String message, Throwable cause) {
        super(message, cause);
    }
}
