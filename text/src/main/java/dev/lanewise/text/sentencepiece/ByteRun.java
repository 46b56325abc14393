package dev.lanewise.text.sentencepiece;

import java.io.ByteArrayOutputStream;

/** A run of bytes, decoded character by character; a byte that does not begin a character becomes U+FFFD. */
final class ByteRun {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final StringBuilder out;

    ByteRun(StringBuilder out) {
        this.out = out;
    }

    void add(int b) {
        bytes.write(b);
    }

    void flush() {
        byte[] all = bytes.toByteArray();
        bytes.reset();
        for (int at = 0; at < all.length; ) {
            int length = characterLength(all, at);
            if (length == 0) {
                out.append('\uFFFD');
                at++;
            } else {
                out.append(new String(all, at, length, java.nio.charset.StandardCharsets.UTF_8));
                at += length;
            }
        }
    }

    /** The bytes of a valid character at a position; 0 if there is none. */
    private static int characterLength(byte[] b, int at) {
        int first = b[at] & 0xFF;
        int length = first < 0x80
                ? 1
                : first >= 0xC2 && first < 0xE0
                        ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
        if (length == 0 || at + length > b.length) {
            return 0;
        }
        int value = length == 1 ? first : first & 0xFF >> length + 1;
        for (int i = 1; i < length; i++) {
            if ((b[at + i] & 0xC0) != 0x80) {
                return 0;
            }
            value = value << 6 | b[at + i] & 0x3F;
        }
        boolean valid = length < 3
                || length == 3 && value >= 0x800 && (value < 0xD800 || value > 0xDFFF)
                || length == 4 && value >= 0x10000 && value <= 0x10FFFF;
        return valid ? length : 0;
    }
}
