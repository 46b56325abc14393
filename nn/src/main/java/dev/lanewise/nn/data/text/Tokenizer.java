package dev.lanewise.nn.data.text;

import java.util.List;

/** Splits text into tokens. */
@FunctionalInterface
public interface Tokenizer {
    /**
     * The tokens of a text, in order.
     *
     * @param text any text
     * @return the tokens
     */
    List<String> tokenize(String text);

    /**
     * Lower-case words: runs of letters, digits and marks, apostrophes within a word included ({@code don't}); every
     * other visible character is a token of its own. White space (Unicode's, so no-break spaces too), control
     * characters and invisible format characters (a byte order mark, a zero-width space) act only as separators.
     *
     * @return the tokenizer
     */
    static Tokenizer words() {
        return WordScanner::tokens;
    }

    /**
     * Single characters (Unicode code points), white space included.
     *
     * @return the tokenizer
     */
    static Tokenizer characters() {
        return text -> text.codePoints().mapToObj(Character::toString).toList();
    }
}
