package dev.lanewise.text;

import java.util.Objects;

/**
 * How encodings are padded to equal lengths.
 *
 * @param length the length; 0 for the longest of the batch
 * @param multipleOf the length is rounded up to a multiple of this; 0 for no rounding
 * @param direction where tokens are added
 * @param id the id that is added
 * @param typeId its type
 * @param token its text
 */
public record Padding(int length, int multipleOf, Direction direction, int id, int typeId, String token) {
    private static final int LONGEST = 1 << 20;

    /**
     * Refuses negative numbers, and lengths that no model reads.
     *
     * @throws TokenizerException if a number is negative, or a length above 1,048,576
     */
    public Padding {
        Objects.requireNonNull(direction, "direction");
        Objects.requireNonNull(token, "token");
        if (length < 0 || multipleOf < 0 || id < 0 || typeId < 0) {
            throw new TokenizerException("padding: length " + length + ", multipleOf " + multipleOf + ", id " + id
                    + " and typeId " + typeId + " must be at least 0");
        }
        if (length > LONGEST || multipleOf > LONGEST) {
            throw new TokenizerException(
                    "padding: length " + length + " and multipleOf " + multipleOf + " must be at most " + LONGEST);
        }
    }

    /**
     * Pads to the longest of the batch, on the right.
     *
     * @param id the number of the padding token
     * @param token its text
     * @return the padding
     * @throws TokenizerException if the number of the padding token is negative
     */
    public static Padding toLongest(int id, String token) {
        Objects.requireNonNull(token, "token");
        return new Padding(0, 0, Direction.RIGHT, id, 0, token);
    }
}
