package dev.lanewise.nn.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts text into tokens. */
@FunctionalInterface
public interface Tokenizer {
    /** The tokens of a text, in order. */
    List<String> tokenize(String text);

    /**
     * Lower-case words: runs of letters, digits and marks, apostrophes within a word included ({@code don't}); every other
     * visible character is a token of its own.
     */
    static Tokenizer words() {
        return text -> {
            List<String> tokens = new ArrayList<>();
            Matcher matcher = Words.TOKEN.matcher(text.toLowerCase(Locale.ROOT));
            while (matcher.find()) {
                tokens.add(matcher.group());
            }
            return tokens;
        };
    }

    /** Single characters (Unicode code points), white space included. */
    static Tokenizer characters() {
        return text -> text.codePoints().mapToObj(Character::toString).toList();
    }

    /** The pattern of {@link #words}. */
    final class Words {
        private static final Pattern TOKEN =
                Pattern.compile("[\\p{L}\\p{N}\\p{M}]+(?:'[\\p{L}\\p{N}\\p{M}]+)*|[^\\s\\p{Cntrl}]");

        private Words() {}
    }
}
