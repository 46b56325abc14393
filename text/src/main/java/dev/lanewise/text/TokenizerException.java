package dev.lanewise.text;

/**
 * An error in a tokenizer's file, a chat template, or their arguments: one line that names the part, what was
 * found, and what is expected. Control characters, as a hostile file may hold, are replaced by question marks.
 */
public class TokenizerException extends RuntimeException {
    /**
     * An error that says what of a tokenizer, template or text can't be read.
     *
     * @param message one line
     */
    public TokenizerException(String message) {
        super(oneLine(message));
    }

    /**
     * Makes an exception with its cause.
     *
     * @param message one line
     * @param cause the underlying error
     */
    public TokenizerException(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    private static String oneLine(String message) {
        StringBuilder line = new StringBuilder(message);
        for (int i = 0; i < line.length(); i++) {
            if (Character.isISOControl(line.charAt(i))) {
                line.setCharAt(i, '?');
            }
        }
        return line.toString();
    }
}
