package dev.lanewise.lm.adapter;

import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.regex.Regex;

/**
 * A regular expression for whole names of layers. It may come from a file, so it is bounded in length and in the steps that a match
 * takes, which Java's own are not.
 */
final class NamePattern {
    private static final int SHOWN = 80;

    private final String source;
    private final Regex regex;

    private NamePattern(String source, Regex regex) {
        this.source = source;
        this.regex = regex;
    }

    /**
     * Compiles an expression.
     *
     * @throws TensorException if it isn't one
     */
    static NamePattern of(String source) {
        try {
            return new NamePattern(source, Regex.compile("\\A(?:" + source + ")\\z"));
        } catch (TokenizerException e) {
            throw wrong(source, "a regular expression", e);
        }
    }

    /**
     * Tells whether a whole name matches.
     *
     * @throws TensorException if that takes too many steps
     */
    boolean matches(String name) {
        int[] text = name.codePoints().toArray();
        boolean[] found = new boolean[1];
        try {
            regex.forEach(text, 0, text.length, (start, end) -> found[0] = true);
        } catch (TokenizerException e) {
            throw wrong(source, "a regular expression that decides quickly", e);
        }
        return found[0];
    }

    private static TensorException wrong(String source, String expected, TokenizerException e) {
        String shown = source.length() > SHOWN ? source.substring(0, SHOWN) + "..." : source;
        return new TensorException("lora: the pattern '" + shown + "' (expected " + expected + "); mend it", e);
    }
}
