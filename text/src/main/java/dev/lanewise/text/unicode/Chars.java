package dev.lanewise.text.unicode;

import java.util.Map;

/** Classes of characters that the parts of a tokenizer ask for. */
public final class Chars {
    /** What BertNormalizer removes as control characters. */
    public static final CharSet BERT_CONTROL = set("bert-control");
    /** What BertNormalizer removes as accents. */
    public static final CharSet BERT_ACCENT = set("bert-accent");
    /** What StripAccents removes. */
    public static final CharSet MARK = set("mark");
    /** Punctuation and ASCII symbols. */
    public static final CharSet PUNCTUATION = set("punctuation");
    /** What Digits splits at. */
    public static final CharSet NUMERIC = set("numeric");
    /** {@code \w} of added tokens and of Whitespace. */
    public static final CharSet WORD = set("word");

    private static final byte LETTER = 1;
    private static final byte NUMBER = 2;
    private static final byte SPACE = 4;
    private static final CharSet LETTERS = set("letter");
    private static final CharSet NUMBERS = set("number");
    private static final byte[] KINDS = kinds();

    private Chars() {}

    private static CharSet set(String name) {
        CharSet set = UnicodeTables.INSTANCE.sets.get(name);
        if (set == null) {
            throw new IllegalStateException("no character table `" + name + '`');
        }
        return set;
    }

    private static byte[] kinds() {
        byte[] out = new byte[0x10000];
        for (int c = 0; c < out.length; c++) {
            out[c] = (byte) ((LETTERS.contains(c) ? LETTER : 0)
                    | (NUMBERS.contains(c) ? NUMBER : 0)
                    | (whitespace(c) ? SPACE : 0));
        }
        return out;
    }

    private static int kind(int cp) {
        if (cp < 0x10000) {
            return KINDS[cp];
        }
        return LETTERS.contains(cp) ? LETTER : NUMBERS.contains(cp) ? NUMBER : 0;
    }

    /** {@code \p{L}}. */
    public static boolean isLetter(int cp) {
        return (kind(cp) & LETTER) != 0;
    }

    /** {@code \p{N}}. */
    public static boolean isNumber(int cp) {
        return (kind(cp) & NUMBER) != 0;
    }

    /** Unicode's White_Space. */
    public static boolean isSpace(int cp) {
        return (kind(cp) & SPACE) != 0;
    }

    /** Neither white space nor letter nor number. */
    public static boolean isOther(int cp) {
        return kind(cp) == 0;
    }

    private static boolean whitespace(int c) {
        return c >= 0x9 && c <= 0xD
                || c == 0x20
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200A
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    /** A number for the script of a code point, Hiragana and Katakana counting as Han; -1 if it goes with any script. */
    public static int script(int cp) {
        Map.Entry<Integer, int[]> range = UnicodeTables.INSTANCE.scripts.floorEntry(cp);
        return range == null || cp >= range.getValue()[0] ? -1 : range.getValue()[1];
    }

    /** Whether BertNormalizer puts spaces around it. */
    public static boolean isChinese(int c) {
        return c >= 0x4E00 && c <= 0x9FFF
                || c >= 0x3400 && c <= 0x4DBF
                || c >= 0x20000 && c <= 0x2A6DF
                || c >= 0x2A700 && c <= 0x2B81F
                || c >= 0x2B920 && c <= 0x2CEAF
                || c >= 0xF900 && c <= 0xFAFF
                || c >= 0x2F800 && c <= 0x2FA1F;
    }
}
