package dev.lanewise.text.model;

import dev.lanewise.text.json.Json;
import java.util.Set;

/**
 * WordPiece: repeatedly takes the longest known piece from the left; a word that can't be covered is unknown as a
 * whole.
 */
public final class WordPiece implements Model {
    private final Vocabulary vocabulary;
    private final String unknown;
    private final int longestWord;
    private final Trie trie = new Trie();
    /** Where the pieces that continue a word begin; -1 if there are none. */
    private final int continuation;

    private final WordCache cache = new WordCache();

    private WordPiece(Vocabulary vocabulary, String unknown, String prefix, int longestWord) {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        this.longestWord = longestWord;
        vocabulary.ids().forEach((token, id) -> {
            if (!token.isEmpty()) {
                trie.put(token, id);
            }
        });
        continuation = trie.find(prefix);
    }

    /** Reads the model of a tokenizer's file. */
    public static WordPiece of(Json json) {
        json.only(Set.of("type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"));
        return new WordPiece(
                Vocabulary.of(json.need("vocab")),
                json.need("unk_token").string(),
                json.need("continuing_subword_prefix").string(),
                json.need("max_input_chars_per_word").index());
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void tokenize(int[] text, int start, int end, TokenList out) {
        if (end - start > longestWord) {
            out.add(WordLevel.unknownId(vocabulary, unknown), start, end);
            return;
        }
        if (end - start > WordCache.LONGEST) {
            pieces(text, start, end, out);
            return;
        }
        int hash = WordCache.hash(text, start, end);
        if (!cache.get(hash, text, start, end, out)) {
            int first = out.size();
            pieces(text, start, end, out);
            cache.put(hash, text, start, end, out, first);
        }
    }

    private void pieces(int[] text, int start, int end, TokenList out) {
        int[] ids = new int[end - start];
        int[] ends = new int[end - start];
        int count = 0;
        for (int at = start; at < end; ) {
            int node = at == start ? 0 : continuation;
            int best = -1;
            int bestEnd = at;
            for (int i = at; i < end && node >= 0; i++) {
                node = trie.child(node, text[i]);
                if (node >= 0 && trie.value(node) >= 0) {
                    best = trie.value(node);
                    bestEnd = i + 1;
                }
            }
            if (best < 0) {
                out.add(WordLevel.unknownId(vocabulary, unknown), start, end);
                return;
            }
            ids[count] = best;
            ends[count++] = bestEnd;
            at = bestEnd;
        }
        for (int i = 0; i < count; i++) {
            out.add(ids[i], i == 0 ? start : ends[i - 1], ends[i]);
        }
    }
}
