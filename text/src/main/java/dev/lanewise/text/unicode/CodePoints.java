package dev.lanewise.text.unicode;

/** Strings as arrays of code points, which is what offsets count. */
public final class CodePoints {
    private CodePoints() {}

    /** The code points of a text; an unpaired surrogate becomes U+FFFD. */
    public static int[] of(CharSequence text) {
        int chars = text.length();
        int[] out = new int[chars];
        int n = 0;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < chars && Character.isLowSurrogate(text.charAt(i + 1))) {
                    out[n++] = Character.toCodePoint(c, text.charAt(++i));
                } else {
                    out[n++] = 0xFFFD;
                }
            } else {
                out[n++] = c;
            }
        }
        return n == chars ? out : java.util.Arrays.copyOf(out, n);
    }

    /** The text of a range. */
    public static String string(int[] cps, int start, int end) {
        return new String(cps, start, end - start);
    }

    /** How many bytes a code point takes in UTF-8. */
    public static int utf8Length(int cp) {
        return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    }

    /** Writes a code point in UTF-8 and returns the position after it. */
    public static int putUtf8(byte[] out, int at, int cp) {
        if (cp < 0x80) {
            out[at] = (byte) cp;
            return at + 1;
        }
        if (cp < 0x800) {
            out[at] = (byte) (0xC0 | cp >> 6);
            out[at + 1] = (byte) (0x80 | cp & 0x3F);
            return at + 2;
        }
        if (cp < 0x10000) {
            out[at] = (byte) (0xE0 | cp >> 12);
            out[at + 1] = (byte) (0x80 | cp >> 6 & 0x3F);
            out[at + 2] = (byte) (0x80 | cp & 0x3F);
            return at + 3;
        }
        out[at] = (byte) (0xF0 | cp >> 18);
        out[at + 1] = (byte) (0x80 | cp >> 12 & 0x3F);
        out[at + 2] = (byte) (0x80 | cp >> 6 & 0x3F);
        out[at + 3] = (byte) (0x80 | cp & 0x3F);
        return at + 4;
    }
}
