package dev.lanewise.text.model;

import dev.lanewise.text.unicode.CodePoints;
import org.jspecify.annotations.Nullable;

/**
 * BPE over the bytes of a word. A byte-level pre-tokenizer writes every byte as a visible character, and the model's
 * tokens are written that way; here the bytes are merged directly, without that detour.
 */
final class ByteLevelBpe implements Model {
    private final Vocabulary vocabulary;
    private final Merges merges;
    private final boolean ignoreMerges;
    private final int[] ids;
    private final WordCache cache = new WordCache();

    private ByteLevelBpe(Vocabulary vocabulary, Merges merges, boolean ignoreMerges, int[] ids) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.ignoreMerges = ignoreMerges;
        this.ids = ids;
    }

    /** Null if a byte has no token, since a word may then have unknowns. */
    static @Nullable ByteLevelBpe of(Vocabulary vocabulary, Merges merges, boolean ignoreMerges) {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++) {
            Integer id = vocabulary.id(Character.toString(ByteLevelAlphabet.character(b)));
            if (id == null) {
                return null;
            }
            ids[b] = id;
        }
        return new ByteLevelBpe(vocabulary, merges, ignoreMerges, ids);
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void tokenize(int[] text, int start, int end, TokenList out) {
        if (end - start > WordCache.LONGEST) {
            tokens(text, start, end, out);
            return;
        }
        int hash = WordCache.hash(text, start, end);
        if (!cache.get(hash, text, start, end, out)) {
            int first = out.size();
            tokens(text, start, end, out);
            cache.put(hash, text, start, end, out, first);
        }
    }

    private void tokens(int[] text, int start, int end, TokenList out) {
        int size = 0;
        for (int i = start; i < end; i++) {
            size += CodePoints.utf8Length(text[i]);
        }
        byte[] bytes = new byte[size];
        int[] characters = new int[size];
        int n = 0;
        for (int i = start; i < end; i++) {
            int next = CodePoints.putUtf8(bytes, n, text[i]);
            while (n < next) {
                characters[n++] = i;
            }
        }
        if (ignoreMerges) {
            Integer whole = vocabulary.id(ByteLevelAlphabet.write(bytes));
            if (whole != null) {
                out.add(whole, start, end);
                return;
            }
        }
        int[] symbols = new int[size];
        int[] lengths = new int[size];
        for (int i = 0; i < size; i++) {
            symbols[i] = ids[bytes[i] & 0xFF];
            lengths[i] = 1;
        }
        int count = merges.apply(symbols, lengths, size);
        int at = 0;
        for (int i = 0; i < count; i++) {
            int next = at + lengths[i];
            out.add(symbols[i], characters[at], characters[next - 1] + 1);
            at = next;
        }
    }
}
