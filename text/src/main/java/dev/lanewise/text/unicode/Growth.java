package dev.lanewise.text.unicode;

import dev.lanewise.text.TokenizerException;

/** Bounds how much longer the replacements of a tokenizer's file make a text: a few of them can double it again and again. */
public final class Growth {
    private static final long FREE = 10_000;
    private static final long FACTOR = 100;

    private Growth() {}

    /**
     * Checks a size before memory is taken for it.
     *
     * @param size of the text, changed
     * @param original its size before
     * @return the size
     * @throws TokenizerException if it is out of all proportion
     */
    public static int checked(long size, long original) {
        if (size > FREE + FACTOR * original) {
            throw new TokenizerException("replacements make " + size + " characters of " + original
                    + ", more than a hundred times as many; check the tokenizer's file");
        }
        return Math.toIntExact(size);
    }
}
