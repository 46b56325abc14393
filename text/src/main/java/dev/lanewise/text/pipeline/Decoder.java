package dev.lanewise.text.pipeline;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.model.ByteLevelAlphabet;
import dev.lanewise.text.unicode.CodePoints;
import dev.lanewise.text.unicode.Growth;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the texts of tokens into parts of the decoded text. */
interface Decoder {
    List<String> decode(List<String> tokens);

    /** Reads one. */
    static Decoder of(Json json) {
        String type = json.need("type").string();
        return switch (type) {
            case "BPEDecoder" -> {
                json.only(Set.of("type", "suffix"));
                String suffix = json.need("suffix").string();
                yield tokens -> bpe(tokens, suffix);
            }
            case "ByteLevel" -> {
                json.only(Set.of("type", "add_prefix_space", "trim_offsets", "use_regex"));
                yield Decoder::byteLevel;
            }
            case "WordPiece" -> {
                json.only(Set.of("type", "prefix", "cleanup"));
                yield new WordPiece(
                        json.need("prefix").string(), json.need("cleanup").bool());
            }
            case "Metaspace" -> {
                PreTokenizer.Metaspace metaspace = PreTokenizer.Metaspace.of(json);
                yield tokens -> metaspace(tokens, metaspace);
            }
            case "CTC" -> {
                json.only(Set.of("type", "pad_token", "word_delimiter_token", "cleanup"));
                yield new Ctc(
                        json.need("pad_token").string(),
                        json.need("word_delimiter_token").string(),
                        json.need("cleanup").bool());
            }
            case "Sequence" -> {
                json.only(Set.of("type", "decoders"));
                List<Decoder> all =
                        json.need("decoders").list().stream().map(Decoder::of).toList();
                yield tokens -> {
                    List<String> out = tokens;
                    long before = length(tokens);
                    for (Decoder decoder : all) {
                        out = decoder.decode(out);
                        Growth.checked(length(out), before);
                    }
                    return out;
                };
            }
            case "Replace" -> {
                json.only(Set.of("type", "pattern", "content"));
                yield new Replace(
                        Pattern.of(json.need("pattern")), json.need("content").string());
            }
            case "Fuse" -> {
                json.only(Set.of("type"));
                yield tokens -> List.of(String.join("", tokens));
            }
            case "Strip" -> {
                json.only(Set.of("type", "content", "start", "stop"));
                yield new Strip(
                        json.need("content").character(),
                        json.need("start").index(),
                        json.need("stop").index());
            }
            case "ByteFallback" -> {
                json.only(Set.of("type"));
                yield Decoder::byteFallback;
            }
            default ->
                throw json.get("type").error("the decoder " + json.get("type").type() + " is unknown");
        };
    }

    private static long length(List<String> tokens) {
        return tokens.stream().mapToLong(String::length).sum();
    }

    private static List<String> bpe(List<String> tokens, String suffix) {
        List<String> out = new ArrayList<>(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            String by = i == tokens.size() - 1 ? "" : " ";
            out.add(suffix.isEmpty() ? spread(tokens.get(i), by) : tokens.get(i).replace(suffix, by));
        }
        return out;
    }

    /** An empty suffix matches around every character. */
    private static String spread(String token, String by) {
        StringBuilder out = new StringBuilder(by);
        token.codePoints().forEach(c -> out.appendCodePoint(c).append(by));
        return out.toString();
    }

    private static List<String> byteLevel(List<String> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            byte[] own = bytes(token);
            bytes.writeBytes(own == null ? token.getBytes(StandardCharsets.UTF_8) : own);
        }
        return List.of(bytes.toString(StandardCharsets.UTF_8));
    }

    private static byte @Nullable [] bytes(String token) {
        byte[] out = new byte[token.length()];
        for (int i = 0; i < out.length; i++) {
            int b = ByteLevelAlphabet.byteOf(token.charAt(i));
            if (b < 0) {
                return null;
            }
            out[i] = (byte) b;
        }
        return out;
    }

    private static List<String> metaspace(List<String> tokens, PreTokenizer.Metaspace metaspace) {
        List<String> out = new ArrayList<>(tokens.size());
        String sign = Character.toString(metaspace.replacement());
        for (int i = 0; i < tokens.size(); i++) {
            boolean drop = i == 0 && metaspace.prepend() != PreTokenizer.Metaspace.Prepend.NEVER;
            out.add(tokens.get(i).replace(sign, drop ? "" : " "));
        }
        return out;
    }

    /** Runs of bytes become text if they are valid UTF-8, else one replacement character per byte. */
    private static List<String> byteFallback(List<String> tokens) {
        List<String> out = new ArrayList<>(tokens.size());
        ByteArrayOutputStream run = new ByteArrayOutputStream();
        for (String token : tokens) {
            int b = byteValue(token);
            if (b >= 0) {
                run.write(b);
                continue;
            }
            flush(run, out);
            out.add(token);
        }
        flush(run, out);
        return out;
    }

    private static int byteValue(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || !token.endsWith(">")) {
            return -1;
        }
        // as Rust parses two hexadecimal digits: the first may be a plus sign
        int high = token.charAt(3) == '+' ? 0 : hex(token.charAt(3));
        int low = hex(token.charAt(4));
        return high < 0 || low < 0 ? -1 : 16 * high + low;
    }

    private static int hex(char c) {
        return c < 128 ? Character.digit(c, 16) : -1;
    }

    private static void flush(ByteArrayOutputStream run, List<String> out) {
        if (run.size() == 0) {
            return;
        }
        try {
            out.add(StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(run.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            for (int i = 0; i < run.size(); i++) {
                out.add("\uFFFD");
            }
        }
        run.reset();
    }

    /** Joins pieces of words. */
    record WordPiece(String prefix, boolean cleanup) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> out = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                String token = tokens.get(i);
                if (i > 0) {
                    token = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
                }
                out.add(cleanup ? cleaned(token) : token);
            }
            return out;
        }

        static String cleaned(String text) {
            return text.replace(" .", ".")
                    .replace(" ?", "?")
                    .replace(" !", "!")
                    .replace(" ,", ",")
                    .replace(" ' ", "'")
                    .replace(" n't", "n't")
                    .replace(" 'm", "'m")
                    .replace(" do not", " don't")
                    .replace(" 's", "'s")
                    .replace(" 've", "'ve")
                    .replace(" 're", "'re");
        }
    }

    /** Joins the tokens that speech models give for every frame. */
    record Ctc(String pad, String delimiter, boolean cleanup) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> out = new ArrayList<>();
            String last = null;
            for (String token : tokens) {
                if (token.equals(last)) {
                    continue;
                }
                last = token;
                String text = token.replace(pad, "");
                if (cleanup) {
                    text = WordPiece.cleaned(text).replace(delimiter, " ");
                }
                if (!text.isEmpty()) {
                    out.add(text);
                }
            }
            return out;
        }
    }

    /** Replaces what a pattern matches in every token. */
    record Replace(Pattern pattern, String content) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> out = new ArrayList<>(tokens.size());
            Matches matches = new Matches();
            for (String token : tokens) {
                int[] cps = CodePoints.of(token);
                if (cps.length == 0) {
                    out.add(token);
                    continue;
                }
                pattern.cut(cps, 0, cps.length, matches);
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < matches.count(); i++) {
                    text.append(
                            matches.matched(i) ? content : CodePoints.string(cps, matches.start(i), matches.end(i)));
                    Growth.checked(text.length(), token.length());
                }
                out.add(text.toString());
            }
            return out;
        }
    }

    /** Removes a character at the ends of every token. */
    record Strip(int content, int start, int stop) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> out = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                int[] cps = CodePoints.of(token);
                int from = 0;
                while (from < start && from < cps.length && cps[from] == content) {
                    from++;
                }
                int to = cps.length;
                while (cps.length - to < stop && to > from && cps[to - 1] == content) {
                    to--;
                }
                out.add(CodePoints.string(cps, from, to));
            }
            return out;
        }
    }
}
