package dev.lanewise.text.pipeline;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.model.ByteLevelAlphabet;
import dev.lanewise.text.unicode.Chars;
import dev.lanewise.text.unicode.CodePoints;
import dev.lanewise.text.unicode.Normalization.Form;
import java.util.List;
import java.util.Set;

/** Rewrites a text before it is split. */
interface Normalizer {
    void normalize(Aligned text);

    /** Reads one. */
    static Normalizer of(Json json) {
        String type = json.need("type").string();
        return switch (type) {
            case "BertNormalizer" -> Bert.of(json);
            case "Strip" -> {
                json.only(Set.of("type", "strip_left", "strip_right"));
                yield new Strip(
                        json.need("strip_left").bool(), json.need("strip_right").bool());
            }
            case "Sequence" -> {
                json.only(Set.of("type", "normalizers"));
                List<Normalizer> all = json.need("normalizers").list().stream()
                        .map(Normalizer::of)
                        .toList();
                yield text -> all.forEach(n -> n.normalize(text));
            }
            case "Precompiled" -> {
                json.only(Set.of("type", "precompiled_charsmap"));
                yield new Precompiled(CharsMap.ofBase64(json.need("precompiled_charsmap")));
            }
            case "Replace" -> {
                json.only(Set.of("type", "pattern", "content"));
                yield new Replace(
                        Pattern.of(json.need("pattern")),
                        CodePoints.of(json.need("content").string()));
            }
            case "Prepend" -> {
                json.only(Set.of("type", "prepend"));
                int[] added = CodePoints.of(json.need("prepend").string());
                yield text -> text.prepend(added);
            }
            default -> {
                Normalizer simple = simple(json, type);
                json.only(Set.of("type"));
                yield simple;
            }
        };
    }

    private static Normalizer simple(Json json, String type) {
        return switch (type) {
            case "StripAccents" -> text -> text.filter(c -> !Chars.MARK.contains(c));
            case "NFC" -> text -> text.normalize(Form.NFC);
            case "NFD" -> text -> text.normalize(Form.NFD);
            case "NFKC" -> text -> text.normalize(Form.NFKC);
            case "NFKD" -> text -> text.normalize(Form.NFKD);
            case "Lowercase" -> Normalizer::lowercase;
            case "Nmt" -> Normalizer::nmt;
            case "ByteLevel" -> Normalizer::byteLevel;
            default ->
                throw json.get("type")
                        .error("the normalizer " + json.get("type").type() + " is unknown");
        };
    }

    /** Every code point by itself; only U+0130 becomes two. */
    static void lowercase(Aligned text) {
        int dotted = 0;
        for (int i = 0; i < text.size; i++) {
            if (text.cps[i] == 0x130) {
                dotted++;
            }
        }
        if (dotted == 0) {
            text.map(c -> c < 128 ? c >= 'A' && c <= 'Z' ? c + 32 : c : Character.toLowerCase(c));
            return;
        }
        int[] next = new int[text.size + dotted];
        int[] changes = new int[next.length];
        int n = 0;
        for (int i = 0; i < text.size; i++) {
            next[n++] = Character.toLowerCase(text.cps[i]);
            if (text.cps[i] == 0x130) {
                changes[n] = 1;
                next[n++] = 0x307;
            }
        }
        text.transform(next, changes, n, 0);
    }

    private static void nmt(Aligned text) {
        text.filter(
                c -> !(c >= 1 && c <= 8 || c == 0xB || c >= 0xE && c <= 0x1F || c == 0x7F || c == 0x8F || c == 0x9F));
        text.map(c -> switch (c) {
            case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> ' ';
            default -> c >= 0x200B && c <= 0x200F ? ' ' : c;
        });
    }

    /** Every byte of UTF-8 as a visible character. */
    static void byteLevel(Aligned text) {
        int size = 0;
        for (int i = 0; i < text.size; i++) {
            size += CodePoints.utf8Length(text.cps[i]);
        }
        int[] next = new int[size];
        int[] changes = new int[size];
        byte[] bytes = new byte[4];
        int n = 0;
        for (int i = 0; i < text.size; i++) {
            int length = CodePoints.putUtf8(bytes, 0, text.cps[i]);
            for (int k = 0; k < length; k++) {
                changes[n] = k > 0 ? 1 : 0;
                next[n++] = ByteLevelAlphabet.character(bytes[k]);
            }
        }
        if (n > 0) {
            text.transform(next, changes, n, 0);
        }
    }

    /** Replaces what a pattern matches. */
    record Replace(Pattern pattern, int[] content) implements Normalizer {
        @Override
        public void normalize(Aligned text) {
            if (content.length == 1 && pattern instanceof Pattern.Literal literal && literal.cps().length == 1) {
                text.replaceAll(literal.cps()[0], content[0]);
                return;
            }
            Matches matches = new Matches();
            pattern.cut(text.cps, 0, text.size, matches);
            text.replaceMatches(matches, content);
        }
    }

    /** Removes white space at the ends. */
    record Strip(boolean left, boolean right) implements Normalizer {
        @Override
        public void normalize(Aligned text) {
            int start = 0;
            while (left && start < text.size && Chars.isSpace(text.cps[start])) {
                start++;
            }
            int end = text.size;
            while (right && end > start && Chars.isSpace(text.cps[end - 1])) {
                end--;
            }
            if (start > 0 || end < text.size) {
                int[] next = java.util.Arrays.copyOfRange(text.cps, start, end);
                text.transform(next, new int[next.length], next.length, start);
            }
        }
    }

    /** What BERT does to a text. */
    record Bert(boolean clean, boolean chinese, boolean stripAccents, boolean lowercase) implements Normalizer {
        static Bert of(Json json) {
            json.only(Set.of("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"));
            boolean lowercase = json.need("lowercase").bool();
            return new Bert(
                    json.need("clean_text").bool(),
                    json.need("handle_chinese_chars").bool(),
                    json.get("strip_accents").bool(lowercase),
                    lowercase);
        }

        @Override
        public void normalize(Aligned text) {
            if (clean) {
                text.filter(c -> c >= ' ' && c < 127 || c != 0 && c != 0xFFFD && !Chars.BERT_CONTROL.contains(c));
                text.map(c -> c > ' ' && c < 127 ? c : Chars.isSpace(c) ? ' ' : c);
            }
            if (chinese) {
                spaceChinese(text);
            }
            if (stripAccents) {
                text.normalize(Form.NFD);
                text.filter(c -> c < 0x300 || !Chars.BERT_ACCENT.contains(c));
            }
            if (lowercase) {
                Normalizer.lowercase(text);
            }
        }

        private static void spaceChinese(Aligned text) {
            int count = 0;
            for (int i = 0; i < text.size; i++) {
                if (Chars.isChinese(text.cps[i])) {
                    count++;
                }
            }
            if (count == 0) {
                return;
            }
            int[] next = new int[text.size + 2 * count];
            int[] changes = new int[next.length];
            int n = 0;
            for (int i = 0; i < text.size; i++) {
                int c = text.cps[i];
                if (Chars.isChinese(c)) {
                    next[n++] = ' ';
                    changes[n] = 1;
                    next[n++] = c;
                    changes[n] = 1;
                    next[n++] = ' ';
                } else {
                    next[n++] = c;
                }
            }
            text.transform(next, changes, n, 0);
        }
    }
}
