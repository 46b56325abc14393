package dev.lanewise.nn.data.text;

import java.util.List;

/**
 * Splits a text into the tokens that a {@link Vocabulary} numbers. The tokenizers of pretrained models are in the module
 * {@code dev.lanewise.text}.
 */
@FunctionalInterface
public interface TextSplitter {
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
     * @return the splitter
     */
    static TextSplitter words() {
        return WordScanner::tokens;
    }

    /**
     * Single characters (Unicode code points), white space included.
     *
     * @return the splitter
     */
    static TextSplitter characters() {
        return text -> text.codePoints().mapToObj(Character::toString).toList();
    }
}
