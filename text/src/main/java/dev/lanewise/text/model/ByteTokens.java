package dev.lanewise.text.model;

import dev.lanewise.text.unicode.CodePoints;

/** Tokens such as {@code <0x0A>} that stand for bytes. */
final class ByteTokens {
    private ByteTokens() {}

    static String name(int b) {
        return "<0x%02X>".formatted(b & 0xFF);
    }

    /** Adds a token per byte, each with the whole range; false, and nothing added, if a byte has none. */
    static boolean add(Vocabulary vocabulary, int[] text, int start, int end, TokenList out) {
        byte[] bytes = new byte[4 * (end - start)];
        int n = 0;
        for (int i = start; i < end; i++) {
            n = CodePoints.putUtf8(bytes, n, text[i]);
        }
        int[] ids = new int[n];
        for (int i = 0; i < n; i++) {
            Integer id = vocabulary.id(name(bytes[i]));
            if (id == null) {
                return false;
            }
            ids[i] = id;
        }
        for (int id : ids) {
            out.add(id, start, end);
        }
        return true;
    }
}
