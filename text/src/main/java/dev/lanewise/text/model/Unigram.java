package dev.lanewise.text.model;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.unicode.CodePoints;
import java.util.List;
import java.util.Set;

/** Unigram: the segmentation with the highest sum of scores, found by Viterbi's algorithm. */
public final class Unigram implements Model {
    private static final double UNKNOWN_PENALTY = 10;
    private final Vocabulary vocabulary;
    private final double[] scores;
    private final double unknownScore;
    /** -1 if unknown characters are an error. */
    private final int unknown;

    private final boolean byteFallback;
    private final Trie trie = new Trie();
    private final WordCache cache = new WordCache();

    private Unigram(String[] tokens, double[] scores, int unknown, boolean byteFallback) {
        vocabulary = Vocabulary.of(tokens);
        this.scores = scores;
        this.unknown = unknown;
        this.byteFallback = byteFallback;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < tokens.length; i++) {
            if (!tokens[i].isEmpty()) {
                trie.put(tokens[i], i);
            }
            least = Math.min(least, scores[i]);
        }
        unknownScore = least - UNKNOWN_PENALTY;
    }

    /** Reads the model of a tokenizer's file. */
    public static Unigram of(Json json) {
        json.only(Set.of("type", "vocab", "unk_id", "byte_fallback"));
        List<Json> list = json.need("vocab").list();
        String[] tokens = new String[list.size()];
        double[] scores = new double[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            List<Json> pair = list.get(i).list();
            if (pair.size() != 2) {
                throw list.get(i).expected("a token and its score");
            }
            tokens[i] = pair.get(0).string();
            scores[i] = pair.get(1).number();
        }
        int unknown = json.get("unk_id").isNull() ? -1 : json.get("unk_id").index();
        if (unknown >= tokens.length) {
            throw json.get("unk_id").expected("an id below " + tokens.length);
        }
        return new Unigram(tokens, scores, unknown, json.get("byte_fallback").bool(false));
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void tokenize(int[] text, int start, int end, TokenList out) {
        if (end - start > WordCache.LONGEST) {
            best(text, start, end, out);
            return;
        }
        int hash = WordCache.hash(text, start, end);
        if (!cache.get(hash, text, start, end, out)) {
            int first = out.size();
            if (best(text, start, end, out)) {
                cache.put(hash, text, start, end, out, first);
            }
        }
    }

    /** Whether all tokens have the vocabulary's texts. */
    private boolean best(int[] text, int start, int end, TokenList out) {
        int size = end - start;
        double[] score = new double[size + 1];
        int[] from = new int[size + 1];
        int[] ids = new int[size + 1];
        java.util.Arrays.fill(from, -1);
        for (int at = 0; at < size; at++) {
            boolean single = false;
            int node = 0;
            for (int i = at; i < size; i++) {
                node = trie.child(node, text[start + i]);
                if (node < 0) {
                    break;
                }
                int id = trie.value(node);
                if (id >= 0) {
                    offer(score, from, ids, at, i + 1, id, scores[id]);
                    single |= i == at;
                }
            }
            if (!single) {
                if (offer(score, from, ids, at, at + 1, unknown, unknownScore) && unknown < 0) {
                    throw new TokenizerException("the text has `" + Character.toString(text[start + at])
                            + "`, which is not in the vocabulary, and the model has no unk_id");
                }
            }
        }
        return emit(text, start, size, from, ids, out);
    }

    private static boolean offer(double[] score, int[] from, int[] ids, int at, int end, int id, double gain) {
        double candidate = gain + score[at];
        if (from[end] >= 0 && candidate <= score[end]) {
            return false;
        }
        score[end] = candidate;
        from[end] = at;
        ids[end] = id;
        return true;
    }

    /** Walks the best path, unknowns in a row becoming one. */
    private boolean emit(int[] text, int start, int size, int[] from, int[] ids, TokenList out) {
        int count = 0;
        // the path reversed, in the arrays that the search no longer needs
        int[] cuts = new int[size + 1];
        for (int at = size; at > 0; at = from[at]) {
            int begin = from[at];
            while (ids[at] == unknown && begin > 0 && ids[begin] == unknown) {
                begin = from[begin];
            }
            cuts[count++] = at;
            from[at] = begin;
        }
        boolean plain = true;
        for (int i = count - 1; i >= 0; i--) {
            int end = cuts[i];
            int begin = from[end];
            if (ids[end] == unknown) {
                plain = false;
                unknown(text, start + begin, start + end, out);
            } else {
                out.add(ids[end], start + begin, start + end);
            }
        }
        return plain;
    }

    private void unknown(int[] text, int start, int end, TokenList out) {
        String piece = CodePoints.string(text, start, end);
        Integer id = vocabulary.id(piece);
        if (id == null && byteFallback && ByteTokens.add(vocabulary, text, start, end, out)) {
            return;
        }
        out.add(id != null ? id : unknown, start, end, piece);
    }
}
