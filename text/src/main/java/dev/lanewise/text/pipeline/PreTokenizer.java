package dev.lanewise.text.pipeline;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.regex.Splits;
import dev.lanewise.text.unicode.Chars;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Splits a piece of text into words. */
interface PreTokenizer {
    /** Adds the pieces that a range of a buffer is split into. */
    void cut(Aligned buffer, int start, int end, Pieces out);

    /** Splits every piece that is not a token yet. */
    default Pieces apply(Pieces in) {
        Pieces out = new Pieces(Math.max(in.count(), in.count() == 1 ? (in.end(0) - in.start(0)) / 4 : 0));
        for (int i = 0; i < in.count(); i++) {
            if (in.token(i) >= 0) {
                out.add(in.buffer(i), in.start(i), in.end(i), in.token(i));
            } else {
                cut(in.buffer(i), in.start(i), in.end(i), out);
            }
        }
        return out;
    }

    /** Reads one, or those of a sequence. */
    static List<PreTokenizer> of(Json json) {
        if (!json.need("type").string().equals("Sequence")) {
            return List.of(single(json));
        }
        json.only(Set.of("type", "pretokenizers"));
        List<PreTokenizer> all = new ArrayList<>();
        json.need("pretokenizers").list().forEach(part -> all.addAll(of(part)));
        return all;
    }

    private static PreTokenizer single(Json json) {
        String type = json.need("type").string();
        return switch (type) {
            case "BertPreTokenizer" -> {
                json.only(Set.of("type"));
                yield PreTokenizer::bert;
            }
            case "Whitespace" -> {
                json.only(Set.of("type"));
                yield PreTokenizer::words;
            }
            case "WhitespaceSplit" -> {
                json.only(Set.of("type"));
                yield PreTokenizer::bySpace;
            }
            case "UnicodeScripts" -> {
                json.only(Set.of("type"));
                yield new Scripts();
            }
            case "CharDelimiterSplit" -> {
                json.only(Set.of("type", "delimiter"));
                int delimiter = json.need("delimiter").character();
                yield new Characters(c -> c == delimiter, Behavior.REMOVED);
            }
            case "Digits" -> {
                json.only(Set.of("type", "individual_digits"));
                yield new Characters(
                        Chars.NUMERIC::contains,
                        json.need("individual_digits").bool() ? Behavior.ISOLATED : Behavior.CONTIGUOUS);
            }
            case "Punctuation" -> {
                json.only(Set.of("type", "behavior"));
                Json behavior = json.get("behavior");
                yield new Characters(
                        Chars.PUNCTUATION::contains, behavior.isNull() ? Behavior.ISOLATED : Behavior.of(behavior));
            }
            case "FixedLength" -> {
                json.only(Set.of("type", "length"));
                yield fixed(json);
            }
            case "Split" -> Split.of(json);
            case "ByteLevel" -> {
                json.only(Set.of("type", "add_prefix_space", "trim_offsets", "use_regex"));
                yield new ByteLevel(
                        json.need("add_prefix_space").bool(),
                        json.get("use_regex").bool(true),
                        true);
            }
            case "Metaspace" -> Metaspace.of(json);
            default ->
                throw json.get("type")
                        .error("the pre-tokenizer " + json.get("type").type() + " is unknown");
        };
    }

    private static PreTokenizer fixed(Json json) {
        int length = json.get("length").isNull() ? 5 : json.get("length").index();
        if (length == 0) {
            throw json.get("length").expected("at least 1");
        }
        return (buffer, start, end, out) -> {
            for (int at = start; at < end; ) {
                int next = end - at > length ? at + length : end;
                out.add(buffer, at, next);
                at = next;
            }
        };
    }

    private static void bert(Aligned buffer, int start, int end, Pieces out) {
        int[] cps = buffer.cps;
        int from = start;
        for (int i = start; i < end; i++) {
            boolean space = Chars.isSpace(cps[i]);
            if (space || Chars.PUNCTUATION.contains(cps[i])) {
                out.add(buffer, from, i);
                if (!space) {
                    out.add(buffer, i, i + 1);
                }
                from = i + 1;
            }
        }
        out.add(buffer, from, end);
    }

    private static void words(Aligned buffer, int start, int end, Pieces out) {
        int from = start;
        int last = -1;
        for (int i = start; i < end; i++) {
            int c = buffer.cps[i];
            int kind = Chars.WORD.contains(c) ? 1 : Chars.isSpace(c) ? 0 : 2;
            if (kind != last) {
                if (last > 0) {
                    out.add(buffer, from, i);
                }
                from = i;
                last = kind;
            }
        }
        if (last > 0) {
            out.add(buffer, from, end);
        }
    }

    private static void bySpace(Aligned buffer, int start, int end, Pieces out) {
        int from = start;
        for (int i = start; i < end; i++) {
            if (Chars.isSpace(buffer.cps[i])) {
                out.add(buffer, from, i);
                from = i + 1;
            }
        }
        out.add(buffer, from, end);
    }

    /** Splits at single characters. */
    record Characters(IntPredicate delimiter, Behavior behavior) implements PreTokenizer {
        @Override
        public void cut(Aligned buffer, int start, int end, Pieces out) {
            Matches matches = new Matches();
            int from = start;
            for (int i = start; i < end; i++) {
                if (delimiter.test(buffer.cps[i])) {
                    if (from < i) {
                        matches.add(from, i, false);
                    }
                    matches.add(i, i + 1, true);
                    from = i + 1;
                }
            }
            if (from < end) {
                matches.add(from, end, false);
            }
            matches.apply(behavior);
            out.addAll(buffer, matches);
        }
    }

    /** Splits where the script changes; Hiragana and Katakana count as Han, white space as any script. */
    final class Scripts implements PreTokenizer {
        @Override
        public void cut(Aligned buffer, int start, int end, Pieces out) {
            int last = -2;
            int from = -1;
            for (int i = start; i < end; i++) {
                int script = Chars.script(buffer.cps[i]);
                if (script < 0) {
                    continue;
                }
                if (script != last) {
                    // what precedes the first script is dropped, as in the library
                    if (from >= 0) {
                        out.add(buffer, from, i);
                    }
                    from = i;
                    last = script;
                }
            }
            if (from >= 0) {
                out.add(buffer, from, end);
            }
        }
    }

    /** Splits at what a pattern matches, or at what it does not. */
    record Split(Pattern pattern, @Nullable Splits scanner, Behavior behavior, boolean invert) implements PreTokenizer {
        static Split of(Json json) {
            json.only(Set.of("type", "pattern", "behavior", "invert"));
            Json pattern = json.need("pattern");
            Json regex = pattern.get("Regex");
            Behavior behavior = Behavior.of(json.need("behavior"));
            boolean invert = json.need("invert").bool();
            // these match everywhere, so whether inverted and removed, or isolated, their matches are the words
            boolean words = behavior == Behavior.ISOLATED || invert && behavior == Behavior.REMOVED;
            Splits scanner = words && !regex.isNull() ? Splits.of(regex.string()) : null;
            return new Split(Pattern.of(pattern), scanner, behavior, invert);
        }

        @Override
        public void cut(Aligned buffer, int start, int end, Pieces out) {
            if (scanner != null) {
                scan(scanner, buffer, start, end, out);
                return;
            }
            Matches matches = new Matches();
            pattern.cut(buffer.cps, start, end, matches);
            if (invert) {
                matches.invert();
            }
            matches.apply(behavior);
            out.addAll(buffer, matches);
        }
    }

    private static void scan(Splits scanner, Aligned buffer, int start, int end, Pieces out) {
        for (int at = start; at < end; ) {
            int next = scanner.end(buffer.cps, at, end);
            out.add(buffer, at, next);
            at = next;
        }
    }

    /**
     * GPT-2's pre-tokenizer: an optional space before the text, a split by its expression, and every byte as a visible
     * character.
     *
     * @param rewrite false if the model takes the text as it is
     */
    record ByteLevel(boolean prefixSpace, boolean split, boolean rewrite) implements PreTokenizer {
        private static final Splits SCANNER = java.util.Objects.requireNonNull(Splits.of(Splits.GPT2));

        ByteLevel withoutRewriting() {
            return new ByteLevel(prefixSpace, split, false);
        }

        @Override
        public void cut(Aligned buffer, int start, int end, Pieces out) {
            Aligned text = buffer;
            int from = start;
            int to = end;
            if (prefixSpace && text.cps[start] != ' ') {
                text = text.slice(start, end);
                text.prepend(new int[] {' '});
                from = 0;
                to = text.size;
            }
            if (!rewrite) {
                if (split) {
                    scan(SCANNER, text, from, to, out);
                } else {
                    out.add(text, from, to);
                }
                return;
            }
            for (int at = from; at < to; ) {
                int next = split ? SCANNER.end(text.cps, at, to) : to;
                Aligned word = text.slice(at, next);
                Normalizer.byteLevel(word);
                out.add(word, 0, word.size);
                at = next;
            }
        }
    }

    /**
     * SentencePiece's pre-tokenizer: spaces become a visible sign, one is put before the text, and words begin with it.
     */
    record Metaspace(int replacement, Prepend prepend, boolean split) implements PreTokenizer {
        /** When the sign is put before a text that does not begin with it. */
        enum Prepend {
            FIRST,
            NEVER,
            ALWAYS
        }

        static Metaspace of(Json json) {
            json.only(Set.of("type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"));
            Json scheme = json.get("prepend_scheme");
            Prepend prepend = scheme.isNull()
                    ? Prepend.ALWAYS
                    : switch (scheme.string()) {
                        case "first" -> Prepend.FIRST;
                        case "never" -> Prepend.NEVER;
                        case "always" -> Prepend.ALWAYS;
                        default -> throw scheme.expected("first, never or always");
                    };
            if (!json.get("add_prefix_space").bool(true)) {
                if (!scheme.isNull() && prepend != Prepend.NEVER) {
                    throw json.get("add_prefix_space").error("is false, but prepend_scheme is not `never`");
                }
                prepend = Prepend.NEVER;
            }
            return new Metaspace(
                    json.need("replacement").character(),
                    prepend,
                    json.get("split").bool(true));
        }

        @Override
        public void cut(Aligned buffer, int start, int end, Pieces out) {
            Aligned text = buffer.sliceOrSelf(start, end);
            text.replaceAll(' ', replacement);
            boolean first = prepend == Prepend.ALWAYS || prepend == Prepend.FIRST && text.origin() == 0;
            if (first && text.cps[0] != replacement) {
                text.prepend(new int[] {replacement});
            }
            if (!split) {
                out.add(text, 0, text.size);
                return;
            }
            int from = 0;
            for (int i = 1; i < text.size; i++) {
                if (text.cps[i] == replacement) {
                    out.add(text, from, i);
                    from = i;
                }
            }
            out.add(text, from, text.size);
        }
    }
}
