package dev.lanewise.text.regex;

import dev.lanewise.text.unicode.CharSet;
import dev.lanewise.text.unicode.Chars;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Named sets of characters: properties, POSIX brackets, escapes. */
final class Sets {
    /** A set takes 8 KiB, and patterns come from files. */
    private static final int MOST_CACHED = 256;

    private static final Map<String, CharSet> CACHE = new ConcurrentHashMap<>();
    private static final Map<Integer, int[]> FOLDED = folded();

    private Sets() {}

    /** White space; the same in {@code \s} and {@code [[:space:]]}. */
    static boolean space(int c) {
        return Chars.isSpace(c);
    }

    /** {@code [[:word:]]}. */
    static boolean word(int c) {
        if (c < 128) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
        }
        return Character.isAlphabetic(c)
                || switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK,
                            Character.ENCLOSING_MARK,
                            Character.COMBINING_SPACING_MARK,
                            Character.DECIMAL_DIGIT_NUMBER,
                            Character.CONNECTOR_PUNCTUATION -> true;
                    default -> false;
                };
    }

    /** {@code \w} outside brackets, to which Oniguruma's Latin-1 table adds superscripts and fractions. */
    static boolean wordEscape(int c) {
        return word(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || c >= 0xBC && c <= 0xBE;
    }

    static boolean digit(int c) {
        return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
    }

    static boolean hex(int c) {
        return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
    }

    /** The set of a condition, which takes a while to make; equal names must mean equal conditions. */
    static CharSet cached(String name, IntPredicate condition) {
        return CACHE.size() < MOST_CACHED
                ? CACHE.computeIfAbsent(name, key -> CharSet.of(condition))
                : Objects.requireNonNullElseGet(CACHE.get(name), () -> CharSet.of(condition));
    }

    /** The condition of a property or POSIX bracket; null if the name is unknown. */
    static @Nullable IntPredicate property(String name) {
        String key =
                name.toLowerCase(Locale.ROOT).replace("_", "").replace(" ", "").replace("-", "");
        IntPredicate found = categories(key);
        if (found == null) {
            found = posix(key);
        }
        return found != null ? found : script(name);
    }

    private static @Nullable IntPredicate categories(String key) {
        return switch (key) {
            case "l", "letter" -> Chars::isLetter;
            case "n", "number" -> Chars::isNumber;
            case "lu", "uppercaseletter" -> type(Character.UPPERCASE_LETTER);
            case "ll", "lowercaseletter" -> type(Character.LOWERCASE_LETTER);
            case "lt", "titlecaseletter" -> type(Character.TITLECASE_LETTER);
            case "lm", "modifierletter" -> type(Character.MODIFIER_LETTER);
            case "lo", "otherletter" -> type(Character.OTHER_LETTER);
            case "m", "mark" ->
                types(Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK);
            case "mn", "nonspacingmark" -> type(Character.NON_SPACING_MARK);
            case "me", "enclosingmark" -> type(Character.ENCLOSING_MARK);
            case "mc", "spacingmark" -> type(Character.COMBINING_SPACING_MARK);
            case "nd", "decimalnumber" -> type(Character.DECIMAL_DIGIT_NUMBER);
            case "nl", "letternumber" -> type(Character.LETTER_NUMBER);
            case "no", "othernumber" -> type(Character.OTHER_NUMBER);
            case "p", "punctuation" -> Sets::punctuation;
            case "pc", "connectorpunctuation" -> type(Character.CONNECTOR_PUNCTUATION);
            case "pd", "dashpunctuation" -> type(Character.DASH_PUNCTUATION);
            case "ps", "openpunctuation" -> type(Character.START_PUNCTUATION);
            case "pe", "closepunctuation" -> type(Character.END_PUNCTUATION);
            case "pi", "initialpunctuation" -> type(Character.INITIAL_QUOTE_PUNCTUATION);
            case "pf", "finalpunctuation" -> type(Character.FINAL_QUOTE_PUNCTUATION);
            case "po", "otherpunctuation" -> type(Character.OTHER_PUNCTUATION);
            case "s", "symbol" -> Sets::symbol;
            case "sm", "mathsymbol" -> type(Character.MATH_SYMBOL);
            case "sc", "currencysymbol" -> type(Character.CURRENCY_SYMBOL);
            case "sk", "modifiersymbol" -> type(Character.MODIFIER_SYMBOL);
            case "so", "othersymbol" -> type(Character.OTHER_SYMBOL);
            case "z", "separator" ->
                types(Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR);
            case "zs", "spaceseparator" -> type(Character.SPACE_SEPARATOR);
            case "zl", "lineseparator" -> type(Character.LINE_SEPARATOR);
            case "zp", "paragraphseparator" -> type(Character.PARAGRAPH_SEPARATOR);
            case "c", "other" ->
                types(
                        Character.CONTROL,
                        Character.FORMAT,
                        Character.PRIVATE_USE,
                        Character.SURROGATE,
                        Character.UNASSIGNED);
            case "cc", "control" -> type(Character.CONTROL);
            case "cf", "format" -> type(Character.FORMAT);
            case "co", "privateuse" -> type(Character.PRIVATE_USE);
            case "cn", "unassigned" -> type(Character.UNASSIGNED);
            default -> null;
        };
    }

    private static @Nullable IntPredicate posix(String key) {
        return switch (key) {
            case "alpha", "alphabetic" -> Character::isAlphabetic;
            case "digit" -> Sets::digit;
            case "alnum" -> c -> Character.isAlphabetic(c) || digit(c);
            case "space", "whitespace" -> Sets::space;
            case "blank" -> c -> c == '\t' || Character.getType(c) == Character.SPACE_SEPARATOR;
            case "word" -> Sets::word;
            case "punct" -> c -> punctuation(c) || symbol(c);
            case "upper", "uppercase" -> Character::isUpperCase;
            case "lower", "lowercase" -> Character::isLowerCase;
            case "xdigit" -> Sets::hex;
            case "cntrl" -> type(Character.CONTROL);
            case "ascii" -> c -> c < 128;
            case "any" -> c -> true;
            case "graph" -> c -> !space(c) && visible(c);
            case "print" ->
                c -> visible(c) && Character.getType(c) != Character.CONTROL
                        || Character.getType(c) == Character.SPACE_SEPARATOR;
            default -> null;
        };
    }

    private static boolean visible(int c) {
        int type = Character.getType(c);
        return type != Character.CONTROL && type != Character.UNASSIGNED && type != Character.SURROGATE;
    }

    private static @Nullable IntPredicate script(String name) {
        try {
            Character.UnicodeScript script = Character.UnicodeScript.forName(name);
            return c -> Character.UnicodeScript.of(c) == script;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static IntPredicate type(int type) {
        return c -> Character.getType(c) == type;
    }

    private static IntPredicate types(int... types) {
        return c -> {
            int own = Character.getType(c);
            for (int type : types) {
                if (own == type) {
                    return true;
                }
            }
            return false;
        };
    }

    private static boolean punctuation(int c) {
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
    }

    private static boolean symbol(int c) {
        return switch (Character.getType(c)) {
            case Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL, Character.OTHER_SYMBOL ->
                true;
            default -> false;
        };
    }

    /** The code points that are the same letter in another case; only the code point itself for most. */
    static int[] sameIgnoringCase(int c) {
        int[] all = FOLDED.get(fold(c));
        return all == null ? new int[] {c} : all;
    }

    private static int fold(int c) {
        return Character.toLowerCase(Character.toUpperCase(c));
    }

    private static Map<Integer, int[]> folded() {
        Map<Integer, int[]> out = new HashMap<>();
        for (int c = 0; c < 0x20000; c++) {
            // U+0130 and U+0131 fold to more than one code point or to none
            if (fold(c) != c && c != 0x130 && c != 0x131) {
                int f = fold(c);
                int[] old = out.getOrDefault(f, new int[] {f});
                int[] more = java.util.Arrays.copyOf(old, old.length + 1);
                more[old.length] = c;
                out.put(f, more);
            }
        }
        return out;
    }
}
