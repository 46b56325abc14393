package dev.lanewise.text.sentencepiece;

import dev.lanewise.text.model.Trie;
import dev.lanewise.text.pipeline.CharsMap;
import dev.lanewise.text.unicode.CodePoints;
import dev.lanewise.text.unicode.Growth;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's normalization: the longest mapped prefix is replaced repeatedly, and spaces are treated as the model
 * says.
 */
final class SpNormalizer {
    static final int SPACE = 0x2581;
    private static final int LONGEST_KEY = 64;
    private final ModelFile file;
    private final @Nullable CharsMap map;
    private final Trie userDefined;

    /** The normalized text. */
    static final class Result {
        int[] cps = new int[16];
        /** The position in the original of every code point, plus one more at the end. */
        int[] origins = new int[16];

        int size;
        private final int original;

        Result(int original) {
            this.original = original;
        }

        void add(int cp, int origin) {
            if (size + 1 >= cps.length) {
                cps = Arrays.copyOf(cps, Growth.checked(2L * cps.length, original));
                origins = Arrays.copyOf(origins, cps.length);
            }
            cps[size] = cp;
            origins[size++] = origin;
        }
    }

    SpNormalizer(ModelFile file, Trie userDefined) {
        this.file = file;
        this.userDefined = userDefined;
        map = file.charsMap.length == 0 ? null : CharsMap.of(file.charsMap, "precompiled_charsmap");
    }

    /** A prefix of the text and its replacement. */
    private record Prefix(int length, int[] text) {}

    Result normalize(int[] text) {
        Result out = new Result(text.length);
        int[] utf8Starts = new int[text.length + 1];
        byte[] utf8 = new byte[4 * text.length];
        for (int i = 0; i < text.length; i++) {
            utf8Starts[i + 1] = CodePoints.putUtf8(utf8, utf8Starts[i], text[i]);
        }
        int at = 0;
        while (file.removeExtraSpaces && at < text.length) {
            Prefix prefix = prefix(text, at, utf8, utf8Starts);
            if (prefix.text.length != 1 || prefix.text[0] != ' ') {
                break;
            }
            at += prefix.length;
        }
        if (at == text.length) {
            out.origins[0] = at;
            return out;
        }
        int space = file.escapeSpaces ? SPACE : ' ';
        if (file.dummyPrefix && !file.spaceAsSuffix) {
            out.add(space, at);
        }
        boolean afterSpace = file.removeExtraSpaces;
        while (at < text.length) {
            Prefix prefix = prefix(text, at, utf8, utf8Starts);
            int from = 0;
            while (afterSpace && from < prefix.text.length && prefix.text[from] == ' ') {
                from++;
            }
            for (int i = from; i < prefix.text.length; i++) {
                out.add(prefix.text[i] == ' ' ? space : prefix.text[i], at);
            }
            if (from < prefix.text.length) {
                afterSpace = prefix.text[prefix.text.length - 1] == ' ';
            }
            at += prefix.length;
            afterSpace &= file.removeExtraSpaces;
        }
        int end = at;
        while (file.removeExtraSpaces && out.size > 0 && out.cps[out.size - 1] == space) {
            end = out.origins[--out.size];
        }
        if (file.dummyPrefix && file.spaceAsSuffix) {
            out.add(space, end);
        }
        out.origins[out.size] = end;
        return out;
    }

    private Prefix prefix(int[] text, int at, byte[] utf8, int[] utf8Starts) {
        int user = longest(userDefined, text, at, text.length);
        if (user > at) {
            return new Prefix(user - at, Arrays.copyOfRange(text, at, user));
        }
        if (map != null) {
            int end = Math.min(text.length, at + LONGEST_KEY);
            CharsMap.Prefix found = map.prefix(utf8, utf8Starts[at], utf8Starts[end], true);
            if (found != null) {
                int length = 1;
                while (at + length < end && utf8Starts[at + length] - utf8Starts[at] < found.length()) {
                    length++;
                }
                return new Prefix(length, CodePoints.of(found.text()));
            }
        }
        return new Prefix(1, new int[] {text[at]});
    }

    /** The end of the longest entry that begins at a position; the position itself if none does. */
    static int longest(Trie trie, int[] text, int at, int end) {
        int node = 0;
        int best = at;
        for (int i = at; i < end; i++) {
            node = trie.child(node, text[i]);
            if (node < 0) {
                break;
            }
            if (trie.value(node) >= 0) {
                best = i + 1;
            }
        }
        return best;
    }
}
