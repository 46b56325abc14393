package dev.lanewise.text;

import java.util.Objects;

/**
 * How a text that is too long is cut; what is cut off becomes further encodings ({@link Encoding#overflowing}).
 *
 * @param maxLength the maximum number of tokens, including special tokens
 * @param stride how many tokens of one part are repeated in the next
 * @param strategy which text of a pair is cut
 * @param direction where it is cut
 */
public record Truncation(int maxLength, int stride, Strategy strategy, Direction direction) {
    /**
     * Refuses negative lengths.
     *
     * @throws TokenizerException if a number is negative
     */
    public Truncation {
        Objects.requireNonNull(strategy, "strategy");
        Objects.requireNonNull(direction, "direction");
        if (maxLength < 0 || stride < 0) {
            throw new TokenizerException(
                    "truncation: maxLength " + maxLength + " and stride " + stride + " must be at least 0");
        }
    }

    /** Which text of a pair is cut. */
    public enum Strategy {
        /** The longer one, then both. */
        LONGEST_FIRST,
        /** The first only. */
        ONLY_FIRST,
        /** The second only. */
        ONLY_SECOND
    }

    /**
     * Cuts to at most {@code maxLength} tokens on the right, the longer text of a pair first.
     *
     * @param maxLength the maximum number of tokens, including special ones
     * @return the truncation
     * @throws TokenizerException if the length is negative
     */
    public static Truncation to(int maxLength) {
        return new Truncation(maxLength, 0, Strategy.LONGEST_FIRST, Direction.RIGHT);
    }
}
