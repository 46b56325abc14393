package dev.lanewise.text.model;

import org.jspecify.annotations.Nullable;

/** Cuts a pre-tokenized word into tokens. Immutable in use: many threads share one. */
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

    /** This model for words that a byte-level pre-tokenizer would rewrite, taken as they are; null if it has none. */
    default @Nullable Model byteLevel() {
        return null;
    }
}
