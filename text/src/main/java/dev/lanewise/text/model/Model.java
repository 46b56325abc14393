package dev.lanewise.text.model;

import org.jspecify.annotations.Nullable;

/** Splits a pre-tokenized word into tokens. Immutable in use, so that many threads can share it. */
public interface Model {
    /**
     * Adds the tokens of a word.
     *
     * @param text code points
     * @param start where the word begins
     * @param end where it ends
     * @param out receives the tokens, with positions in {@code text}
     */
    void tokenize(int[] text, int start, int end, TokenList out);

    /** The vocabulary. */
    Vocabulary vocabulary();

    /**
     * A form of this model that takes words as they are before a byte-level pre-tokenizer rewrites them; null if there
     * is none.
     */
    default @Nullable Model byteLevel() {
        return null;
    }
}
