package dev.lanewise.text.model;

/** GPT-2's visible character for every byte: its Latin-1 character if that is visible, else one from U+0100 upwards. */
public final class ByteLevelAlphabet {
    private static final char[] CHARACTERS = characters();
    private static final int[] BYTES = bytes();

    private ByteLevelAlphabet() {}

    private static char[] characters() {
        char[] out = new char[256];
        char next = 256;
        for (int b = 0; b < 256; b++) {
            boolean visible = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            out[b] = visible ? (char) b : next++;
        }
        return out;
    }

    private static int[] bytes() {
        int[] out = new int[0x180];
        java.util.Arrays.fill(out, -1);
        for (int b = 0; b < 256; b++) {
            out[CHARACTERS[b]] = b;
        }
        return out;
    }

    /** The character of a byte. */
    public static char character(int b) {
        return CHARACTERS[b & 0xFF];
    }

    /** The byte of a character; -1 if it has none. */
    public static int byteOf(int cp) {
        return cp < BYTES.length ? BYTES[cp] : -1;
    }

    /** Bytes as characters. */
    public static String write(byte[] bytes) {
        char[] out = new char[bytes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = CHARACTERS[bytes[i] & 0xFF];
        }
        return new String(out);
    }
}
