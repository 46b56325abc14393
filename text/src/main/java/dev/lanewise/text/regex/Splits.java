package dev.lanewise.text.regex;

import dev.lanewise.text.unicode.Chars;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Scanners for the expressions that most models split by; each finds what the expression would find. */
public final class Splits {
    /** GPT-2's expression, which byte-level pre-tokenizers use. */
    public static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final String CL100K =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}%s| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final Map<String, Splits> KNOWN =
            Map.of(GPT2, new Splits(0), CL100K.formatted("{1,3}"), new Splits(3), CL100K.formatted(""), new Splits(1));

    /** How many digits belong together; 0 for GPT-2's rules. */
    private final int digits;

    private Splits(int digits) {
        this.digits = digits;
    }

    /** The scanner of an expression, if it has one. */
    public static @Nullable Splits of(String expression) {
        return KNOWN.get(expression);
    }

    /** The end of the match that begins at {@code at}; these expressions match everywhere. */
    public int end(int[] text, int at, int end) {
        return digits == 0 ? gpt2(text, at, end) : cl100k(text, at, end);
    }

    private static int gpt2(int[] text, int at, int end) {
        int c = text[at];
        if (c == '\'') {
            int n = contraction(text, at, end, false);
            if (n > 0) {
                return at + n;
            }
        }
        int i = c == ' ' && at + 1 < end ? at + 1 : at;
        c = text[i];
        if (Chars.isLetter(c)) {
            return letters(text, i, end);
        }
        if (Chars.isNumber(c)) {
            while (i < end && Chars.isNumber(text[i])) {
                i++;
            }
            return i;
        }
        if (Chars.isOther(c)) {
            return others(text, i, end);
        }
        return spaces(text, at, end);
    }

    private int cl100k(int[] text, int at, int end) {
        int c = text[at];
        if (c == '\'') {
            int n = contraction(text, at, end, true);
            if (n > 0) {
                return at + n;
            }
        }
        if (Chars.isLetter(c)) {
            return letters(text, at, end);
        }
        boolean number = Chars.isNumber(c);
        if (!number && c != '\r' && c != '\n' && at + 1 < end && Chars.isLetter(text[at + 1])) {
            return letters(text, at + 1, end);
        }
        if (number) {
            int i = at + 1;
            while (i < end && i < at + digits && Chars.isNumber(text[i])) {
                i++;
            }
            return i;
        }
        int i = c == ' ' && at + 1 < end ? at + 1 : at;
        if (Chars.isOther(text[i])) {
            i = others(text, i, end);
            while (i < end && (text[i] == '\r' || text[i] == '\n')) {
                i++;
            }
            return i;
        }
        return spacesWithLines(text, at, end);
    }

    private static int letters(int[] text, int from, int end) {
        int i = from;
        while (i < end && Chars.isLetter(text[i])) {
            i++;
        }
        return i;
    }

    private static int others(int[] text, int from, int end) {
        int i = from;
        while (i < end && Chars.isOther(text[i])) {
            i++;
        }
        return i;
    }

    /** {@code \s+(?!\S)|\s+}: all spaces, except that the last is left to what follows it. */
    private static int spaces(int[] text, int at, int end) {
        int i = at;
        while (i < end && Chars.isSpace(text[i])) {
            i++;
        }
        return i < end && i - at > 1 ? i - 1 : i;
    }

    /** {@code \s*[\r\n]+} before that: up to the last line end in a run of spaces. */
    private static int spacesWithLines(int[] text, int at, int end) {
        int i = at;
        int afterLine = -1;
        while (i < end && Chars.isSpace(text[i])) {
            if (text[i] == '\r' || text[i] == '\n') {
                afterLine = i + 1;
            }
            i++;
        }
        if (afterLine >= 0) {
            return afterLine;
        }
        return i < end && i - at > 1 ? i - 1 : i;
    }

    private static int contraction(int[] text, int at, int end, boolean ignoreCase) {
        if (at + 1 >= end) {
            return 0;
        }
        int a = ignoreCase ? folded(text[at + 1]) : text[at + 1];
        if (a == 's' || a == 't' || a == 'm' || a == 'd') {
            return 2;
        }
        if (at + 2 >= end) {
            return 0;
        }
        int b = ignoreCase ? folded(text[at + 2]) : text[at + 2];
        boolean two = a == 'r' && b == 'e' || a == 'v' && b == 'e' || a == 'l' && b == 'l';
        return two ? 3 : 0;
    }

    private static int folded(int c) {
        if (c >= 'A' && c <= 'Z') {
            return c + 32;
        }
        return c == 0x17F ? 's' : c;
    }
}
