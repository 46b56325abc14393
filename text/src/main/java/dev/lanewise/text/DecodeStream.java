package dev.lanewise.text;

import java.util.Arrays;

/**
 * Decodes a sequence of ids one by one: every call returns the text that has become certain, never half a character.
 * All parts together, including that of {@link #finish}, are the decoded sequence. For each id, only a few previous ids
 * are decoded again, so that a long sequence costs no more per id than a short one. For use by one thread.
 */
public final class DecodeStream {
    private final Tokenizer tokenizer;
    private final boolean skipSpecialTokens;
    /** The ids that the next text may depend on. */
    private int[] ids = new int[16];

    private int size;
    /** How many of them have already been returned, and their text. */
    private int given;

    private String prefix = "";

    DecodeStream(Tokenizer tokenizer, boolean skipSpecialTokens) {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /**
     * Takes the next token of a sequence and returns the text that is certain with it.
     *
     * @param id the id
     * @return the text that has become certain; empty if none has
     */
    public String next(int id) {
        add(id);
        String text = decode();
        if (text.length() <= prefix.length() || text.endsWith("\uFFFD")) {
            return "";
        }
        String fresh = text.substring(common(prefix, text));
        // what was returned stays as context for one more round: leading spaces depend on it
        ids = Arrays.copyOfRange(ids, given, Math.max(size + 16, given));
        size -= given;
        given = size;
        prefix = decode();
        return fresh;
    }

    /**
     * Ends the sequence and returns the text that was held back.
     *
     * @return the text that was held back, such as the bytes of an unfinished character as U+FFFD
     */
    public String finish() {
        String text = decode();
        String rest = text.substring(Math.min(text.length(), common(prefix, text)));
        size = 0;
        given = 0;
        prefix = "";
        return rest;
    }

    private void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
    }

    private String decode() {
        return tokenizer.decode(Arrays.copyOf(ids, size), skipSpecialTokens);
    }

    private static int common(String prefix, String text) {
        int n = Math.min(prefix.length(), text.length());
        int i = 0;
        while (i < n && prefix.charAt(i) == text.charAt(i)) {
            i++;
        }
        return i;
    }
}
