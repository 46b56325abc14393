package dev.lanewise.text.pipeline;

import dev.lanewise.text.AddedToken;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.model.Trie;
import dev.lanewise.text.model.Vocabulary;
import dev.lanewise.text.unicode.Chars;
import dev.lanewise.text.unicode.CodePoints;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds added tokens: those that are not normalized in the text as it is, the others in the normalized text. */
final class AddedVocabulary {
    private final Map<Integer, AddedToken> byId = new LinkedHashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> normalizedContents = new HashMap<>();
    private final Set<String> special = new HashSet<>();
    private final Trie plain = new Trie();
    private final Trie normalized = new Trie();
    private boolean anyPlain;
    private boolean anyNormalized;

    /**
     * Reads the tokens; a token that the model does not know gets the next free id, whatever the file says, as in the
     * library.
     */
    static AddedVocabulary of(Json json, Vocabulary vocabulary, @Nullable Normalizer normalizer) {
        AddedVocabulary out = new AddedVocabulary();
        int next = vocabulary.size();
        for (Json token : json.isNull() ? List.<Json>of() : json.list()) {
            token.only(Set.of("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"));
            token.need("id").index();
            String content = token.need("content").string();
            if (content.isEmpty()) {
                continue;
            }
            Integer known = out.ids.get(content);
            if (known == null) {
                known = vocabulary.id(content);
            }
            int id = known == null ? next++ : known;
            out.add(
                    new AddedToken(
                            id,
                            content,
                            token.need("single_word").bool(),
                            token.need("lstrip").bool(),
                            token.need("rstrip").bool(),
                            token.need("normalized").bool(),
                            token.need("special").bool()),
                    normalizer);
        }
        out.index();
        return out;
    }

    private void add(AddedToken token, @Nullable Normalizer normalizer) {
        if (token.normalized() && normalizer != null) {
            Aligned text = Aligned.of(CodePoints.of(token.content()));
            normalizer.normalize(text);
            String form = CodePoints.string(text.cps, 0, text.size);
            if (!form.equals(token.content())) {
                normalizedContents.put(token.id(), form);
            }
        }
        ids.put(token.content(), token.id());
        byId.put(token.id(), token);
        if (token.special()) {
            special.add(token.content());
        }
    }

    private void index() {
        for (AddedToken token : byId.values()) {
            if (token.normalized()) {
                String form = normalizedContents.getOrDefault(token.id(), token.content());
                if (!form.isEmpty()) {
                    normalized.put(form, token.id());
                    anyNormalized = true;
                }
            } else {
                plain.put(token.content(), token.id());
                anyPlain = true;
            }
        }
    }

    List<AddedToken> tokens() {
        return new ArrayList<>(byId.values());
    }

    @Nullable
    Integer id(String content) {
        return ids.get(content);
    }

    /** The text of an id for decoding: its normalized form if it has one. */
    @Nullable
    String text(int id) {
        AddedToken token = byId.get(id);
        return token == null ? null : normalizedContents.getOrDefault(id, token.content());
    }

    boolean isSpecial(String text) {
        return special.contains(text);
    }

    int count() {
        return byId.size();
    }

    /** Finds the added tokens in a text and normalizes what is between them. */
    Pieces cut(int[] text, @Nullable Normalizer normalizer, boolean specialAsText) {
        Aligned whole = Aligned.of(text);
        Pieces first = new Pieces(4);
        if (anyPlain) {
            cut(whole, plain, specialAsText, first);
        } else {
            first.add(whole, 0, whole.size);
        }
        if (normalizer == null && !anyNormalized) {
            return first;
        }
        Pieces second = new Pieces(first.count());
        for (int i = 0; i < first.count(); i++) {
            if (first.token(i) >= 0) {
                second.add(first.buffer(i), first.start(i), first.end(i), first.token(i));
                continue;
            }
            Aligned part = first.buffer(i).sliceOrSelf(first.start(i), first.end(i));
            if (normalizer != null) {
                normalizer.normalize(part);
            }
            if (anyNormalized) {
                cut(part, normalized, specialAsText, second);
            } else {
                second.add(part, 0, part.size);
            }
        }
        return second;
    }

    /** Leftmost, then longest matches; a match that is discarded still hides those that overlap it. */
    private void cut(Aligned text, Trie trie, boolean specialAsText, Pieces out) {
        int[] cps = text.cps;
        int size = text.size;
        int from = 0;
        for (int at = 0; at < size; ) {
            int end = -1;
            int id = -1;
            int node = trie.child(0, cps[at]);
            for (int i = at + 1; node >= 0; i++) {
                if (trie.value(node) >= 0) {
                    end = i;
                    id = trie.value(node);
                }
                if (i == size) {
                    break;
                }
                node = trie.child(node, cps[i]);
            }
            if (end < 0) {
                at++;
                continue;
            }
            AddedToken token = byId.get(id);
            if (token != null && accepted(token, text, at, end, specialAsText)) {
                int start = token.lstrip() ? spacesBefore(cps, from, at) : at;
                int stop = token.rstrip() ? spacesAfter(cps, end, size) : end;
                out.add(text, from, start);
                out.add(text, start, stop, id);
                from = stop;
            }
            at = end;
        }
        out.add(text, from, size);
    }

    private boolean accepted(AddedToken token, Aligned text, int start, int end, boolean specialAsText) {
        if (specialAsText && special.contains(token.content())) {
            return false;
        }
        boolean alone = (start == 0 || !Chars.WORD.contains(text.cps[start - 1]))
                && (end == text.size || !Chars.WORD.contains(text.cps[end]));
        return alone || !token.singleWord();
    }

    private static int spacesBefore(int[] cps, int from, int at) {
        int i = at;
        while (i > from && Chars.isSpace(cps[i - 1])) {
            i--;
        }
        return i;
    }

    private static int spacesAfter(int[] cps, int at, int size) {
        int i = at;
        while (i < size && Chars.isSpace(cps[i])) {
            i++;
        }
        return i;
    }
}
