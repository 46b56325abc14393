package dev.lanewise.text.model;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.unicode.CodePoints;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Byte-pair encoding: characters merged by rank. */
public final class Bpe implements Model {
    private final Vocabulary vocabulary;
    private final Merges merges = new Merges();
    private final @Nullable String unknown;
    private final String prefix;
    private final String suffix;
    private final boolean fuseUnknown;
    private final boolean byteFallback;
    private final boolean ignoreMerges;
    /** Tokens of single characters by their place in a word: the bit 1 means not first, 2 means last. */
    private final List<Map<Integer, Integer>> singles;

    private final int[] ascii = new int[128];
    private final int[] byteIds = new int[256];
    private final WordCache cache = new WordCache();
    /**
     * Where a text may be cut without changing its tokens: before this character, if another character precedes it; -1
     * for nowhere.
     */
    private final int cut;

    private final @Nullable ByteLevelBpe byteLevel;

    private Bpe(Json json) {
        json.only(Set.of(
                "type",
                "dropout",
                "unk_token",
                "continuing_subword_prefix",
                "end_of_word_suffix",
                "fuse_unk",
                "byte_fallback",
                "ignore_merges",
                "vocab",
                "merges"));
        if (!json.get("dropout").isNull() && json.get("dropout").number() != 0) {
            throw json.get("dropout").error("tokens at random, by dropout, are not supported; set it to null");
        }
        vocabulary = Vocabulary.of(json.need("vocab"));
        unknown = json.get("unk_token").optionalString();
        String before = json.get("continuing_subword_prefix").optionalString();
        String after = json.get("end_of_word_suffix").optionalString();
        prefix = before == null ? "" : before;
        suffix = after == null ? "" : after;
        fuseUnknown = json.get("fuse_unk").bool(false);
        byteFallback = json.get("byte_fallback").bool(false);
        ignoreMerges = json.get("ignore_merges").bool(false);
        boolean inside = readMerges(json.need("merges"));
        singles = List.of(singles("", ""), singles(prefix, ""), singles("", suffix), singles(prefix, suffix));
        for (int c = 0; c < ascii.length; c++) {
            ascii[c] = singles.getFirst().getOrDefault(c, -1);
        }
        for (int b = 0; b < 256; b++) {
            Integer id = vocabulary.id(ByteTokens.name(b));
            byteIds[b] = id == null ? -1 : id;
        }
        boolean plain = prefix.isEmpty() && suffix.isEmpty();
        boolean complete = unknown != null
                || byteFallback && java.util.Arrays.stream(byteIds).noneMatch(id -> id < 0);
        cut = plain
                        && complete
                        && !inside
                        && !ignoreMerges
                        && singles.getFirst().containsKey(SPACE)
                ? SPACE
                : -1;
        byteLevel = plain ? ByteLevelBpe.of(vocabulary, merges, ignoreMerges) : null;
    }

    /** The sign that SentencePiece uses for a space. */
    private static final int SPACE = 0x2581;

    /** Reads the model of a tokenizer's file. */
    public static Bpe of(Json json) {
        return new Bpe(json);
    }

    private Map<Integer, Integer> singles(String before, String after) {
        Map<Integer, Integer> out = new HashMap<>();
        vocabulary.ids().forEach((token, id) -> {
            int length = token.length() - before.length() - after.length();
            if (length >= 1 && length <= 2 && token.startsWith(before) && token.endsWith(after)) {
                int cp = token.codePointAt(before.length());
                if (Character.charCount(cp) == length) {
                    out.put(cp, id);
                }
            }
        });
        return out;
    }

    /** Whether a merge has the sign for a space after something else, or consists of bytes. */
    private boolean readMerges(Json json) {
        boolean inside = false;
        List<Object> values = json.values();
        for (int i = 0; i < values.size(); i++) {
            String left;
            String right;
            if (values.get(i) instanceof String line) {
                if (line.startsWith("#version")) {
                    continue;
                }
                int space = line.indexOf(' ');
                if (space < 0 || line.indexOf(' ', space + 1) >= 0) {
                    throw new Json(line, json.path() + '[' + i + ']').expected("two tokens with a space between");
                }
                left = line.substring(0, space);
                right = line.substring(space + 1);
            } else if (values.get(i) instanceof List<?> pair
                    && pair.size() == 2
                    && pair.get(0) instanceof String first
                    && pair.get(1) instanceof String second) {
                left = first;
                right = second;
            } else {
                throw new Json(values.get(i), json.path() + '[' + i + ']').expected("a pair of tokens");
            }
            if (right.length() < prefix.length()) {
                throw new Json(right, json.path() + '[' + i + ']')
                        .expected("a token that continues a word with `" + prefix + '`');
            }
            String both = left + right.substring(prefix.length());
            merges.add(id(left, json, i), id(right, json, i), id(both, json, i));
            inside |= spaceInside(both) || both.startsWith("<0x");
        }
        return inside;
    }

    private static boolean spaceInside(String token) {
        for (int i = 1; i < token.length(); i++) {
            if (token.charAt(i) == SPACE && token.charAt(i - 1) != SPACE) {
                return true;
            }
        }
        return false;
    }

    private int id(String token, Json json, int index) {
        Integer id = vocabulary.id(token);
        if (id == null) {
            throw new TokenizerException(
                    json.path() + '[' + index + "]: the token `" + token + "` is not in the vocabulary");
        }
        return id;
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public @Nullable Model byteLevel() {
        return byteLevel;
    }

    @Override
    public void tokenize(int[] text, int start, int end, TokenList out) {
        if (cut < 0) {
            word(text, start, end, out);
            return;
        }
        int from = start;
        for (int i = start + 1; i < end; i++) {
            if (text[i] == cut && text[i - 1] != cut) {
                word(text, from, i, out);
                from = i;
            }
        }
        word(text, from, end, out);
    }

    private void word(int[] text, int start, int end, TokenList out) {
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
        if (ignoreMerges) {
            Integer whole = vocabulary.id(CodePoints.string(text, start, end));
            if (whole != null) {
                out.add(whole, start, end);
                return;
            }
        }
        Symbols symbols = new Symbols(end - start);
        for (int i = start; i < end; i++) {
            symbols.add(text[i], i > start, i == end - 1);
        }
        symbols.flush();
        int count = merges.apply(symbols.ids, symbols.lengths, symbols.size);
        if (symbols.inBytes) {
            emitBytes(text, start, end, symbols, count, out);
            return;
        }
        int at = start;
        for (int i = 0; i < count; i++) {
            out.add(symbols.ids[i], at, at + symbols.lengths[i]);
            at += symbols.lengths[i];
        }
    }

    /**
     * If tokens cover bytes, or characters without a token were omitted, positions are those of bytes, as in the
     * library.
     */
    private static void emitBytes(int[] text, int start, int end, Symbols symbols, int count, TokenList out) {
        int[] characters = new int[4 * (end - start)];
        int bytes = 0;
        for (int i = start; i < end; i++) {
            for (int k = CodePoints.utf8Length(text[i]); k > 0; k--) {
                characters[bytes++] = i;
            }
        }
        int at = 0;
        for (int i = 0; i < count; i++) {
            int next = at + symbols.lengths[i];
            out.add(symbols.ids[i], characters[Math.min(at, bytes - 1)], characters[Math.min(next, bytes) - 1] + 1);
            at = next;
        }
    }

    /**
     * The tokens of single characters, with the lengths that they cover: in characters, or in bytes once that matters.
     */
    private final class Symbols {
        private int[] ids;
        private int[] lengths;
        private int size;
        private boolean inBytes;
        private int unknownLength;
        private int unknownBytes;
        /** Bytes of every symbol, until it is known whether they matter. */
        private int[] bytes;

        Symbols(int characters) {
            ids = new int[characters];
            lengths = new int[characters];
            bytes = new int[characters];
        }

        void add(int cp, boolean follows, boolean last) {
            int id = follows && !prefix.isEmpty() || last && !suffix.isEmpty() || cp >= 128
                    ? singles.get((follows ? 1 : 0) + (last ? 2 : 0)).getOrDefault(cp, -1)
                    : ascii[cp];
            int length = CodePoints.utf8Length(cp);
            if (id >= 0) {
                flush();
                put(id, 1, length);
            } else if (!(byteFallback && fallBack(cp, follows, last))) {
                unknown(length);
            }
        }

        private boolean fallBack(int cp, boolean follows, boolean last) {
            String whole = (follows ? prefix : "") + Character.toString(cp) + (last ? suffix : "");
            byte[] utf8 = whole.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            for (byte b : utf8) {
                if (byteIds[b & 0xFF] < 0) {
                    return false;
                }
            }
            useBytes();
            for (byte b : utf8) {
                put(byteIds[b & 0xFF], 1, 1);
            }
            return true;
        }

        private void unknown(int length) {
            if (unknown == null) {
                // the library omits the character; what follows moves to its place
                useBytes();
                return;
            }
            if (unknownLength > 0 && !fuseUnknown) {
                flush();
            }
            WordLevel.unknownId(vocabulary, unknown);
            unknownLength++;
            unknownBytes += length;
        }

        /** Adds the pending unknown token. */
        void flush() {
            if (unknownLength > 0 && unknown != null) {
                put(WordLevel.unknownId(vocabulary, unknown), unknownLength, unknownBytes);
                unknownLength = 0;
                unknownBytes = 0;
            }
        }

        private void put(int id, int length, int byteLength) {
            if (size == ids.length) {
                ids = java.util.Arrays.copyOf(ids, 2 * size + 4);
                lengths = java.util.Arrays.copyOf(lengths, ids.length);
                bytes = java.util.Arrays.copyOf(bytes, ids.length);
            }
            ids[size] = id;
            lengths[size] = inBytes ? byteLength : length;
            bytes[size++] = byteLength;
        }

        private void useBytes() {
            if (!inBytes) {
                inBytes = true;
                System.arraycopy(bytes, 0, lengths, 0, size);
            }
        }
    }
}
