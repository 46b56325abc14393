package dev.lanewise.nn.data.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds the words of {@link TextSplitter#words} in one pass. An equivalent regular expression would recurse for every
 * apostrophe until the stack overflows.
 */
final class WordScanner {
    private WordScanner() {}

    static List<String> tokens(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        List<String> tokens = new ArrayList<>();
        int position = 0;
        while (position < lower.length()) {
            int c = lower.codePointAt(position);
            int end = position + Character.charCount(c);
            if (isWordPart(c)) {
                end = wordEnd(lower, end);
                tokens.add(lower.substring(position, end));
            } else if (!separates(c)) {
                tokens.add(lower.substring(position, end));
            }
            position = end;
        }
        return tokens;
    }

    /** The end of the word that began before a position. */
    private static int wordEnd(String text, int from) {
        int end = from;
        while (end < text.length()) {
            boolean apostrophe = text.charAt(end) == '\'' && end + 1 < text.length();
            int part = apostrophe ? end + 1 : end;
            int c = text.codePointAt(part);
            if (!isWordPart(c)) {
                return end;
            }
            end = part + Character.charCount(c);
        }
        return end;
    }

    private static boolean isWordPart(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.LETTER_NUMBER,
                    Character.OTHER_NUMBER,
                    Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }

    /** Unicode's white space is its separators and some of its control characters. */
    private static boolean separates(int c) {
        return switch (Character.getType(c)) {
            case Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.CONTROL,
                    Character.FORMAT -> true;
            default -> false;
        };
    }
}
