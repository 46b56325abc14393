package dev.lanewise.lm;

import dev.lanewise.lm.gguf.GgufFile;
import dev.lanewise.lm.weights.JsonText;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.SentencePieceTokenizer;
import dev.lanewise.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The tokenizer that a GGUF file holds: SentencePiece's pieces with scores, or byte-level BPE with merges. */
final class GgufTokenizers {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final long NORMAL = 1;
    private static final long CONTROL = 3;
    private static final long USER_DEFINED = 4;

    /** What GPT-2 splits texts into. */
    private static final String WORDS =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    /** How texts are split before merging, one expression after the other, by the file's name for it. */
    private static final Map<String, List<String>> SPLITS = Map.of(
            "gpt-2", List.of(WORDS),
            "smollm", List.of("\\p{N}", WORDS),
            "qwen2", List.of(split("\\p{N}")),
            "deepseek-r1-qwen", List.of(split("\\p{N}")),
            "llama-bpe", List.of(split("\\p{N}{1,3}")),
            "llama-v3", List.of(split("\\p{N}{1,3}")),
            "llama3", List.of(split("\\p{N}{1,3}")));

    private final GgufFile file;

    private GgufTokenizers(GgufFile file) {
        this.file = file;
    }

    private static String split(String digits) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    static Tokenizer of(GgufFile file) {
        GgufTokenizers tokenizers = new GgufTokenizers(file);
        return switch (tokenizers.text("model")) {
            case "llama" -> tokenizers.sentencePiece();
            case "gpt2" -> tokenizers.byteLevel();
            default ->
                throw new BadFileException(
                        file.file(),
                        "a tokenizer of kind '" + tokenizers.text("model") + "'",
                        "llama or gpt2",
                        "use the model's tokenizer.json");
        };
    }

    /** The tokens that chat templates refer to by name. */
    static Map<String, String> specialTokens(GgufFile file) {
        GgufTokenizers tokenizers = new GgufTokenizers(file);
        List<String> tokens = tokenizers.texts("tokens");
        Map<String, String> special = new LinkedHashMap<>();
        for (String name : List.of("bos", "eos")) {
            long id = tokenizers.number(name + "_token_id", -1);
            if (id >= 0) {
                special.put(name + "_token", tokenizers.token(tokens, id));
            }
        }
        return special;
    }

    private String text(String name) {
        return file.text(PREFIX + name).orElse("");
    }

    private List<String> texts(String name) {
        return list(name, String.class);
    }

    private <T> List<T> list(String name, Class<T> type) {
        if (!(file.metadata().get(PREFIX + name) instanceof List<?> list)) {
            return List.of();
        }
        List<T> typed = new ArrayList<>();
        for (Object value : list) {
            if (!type.isInstance(value)) {
                throw bad(PREFIX + name + " with " + value, "values of one type");
            }
            typed.add(type.cast(value));
        }
        return typed;
    }

    private boolean flag(String name, boolean absent) {
        return file.metadata().getOrDefault(PREFIX + name, absent) instanceof Boolean flag ? flag : absent;
    }

    private long number(String name, long absent) {
        return file.metadata().getOrDefault(PREFIX + name, absent) instanceof Long number ? number : absent;
    }

    private BadFileException bad(String found, String expected) {
        return new BadFileException(file.file(), found, expected, "use the model's tokenizer.json");
    }

    private String token(List<String> tokens, long id) {
        if (id < 0 || id >= tokens.size()) {
            throw bad("token " + id + " of " + tokens.size(), "a number below");
        }
        return tokens.get((int) id);
    }

    private List<Long> types(List<String> tokens) {
        List<Long> types = list("token_type", Long.class);
        if (!types.isEmpty() && types.size() != tokens.size()) {
            throw bad(types.size() + " token types for " + tokens.size() + " tokens", "one for each");
        }
        return types;
    }

    // ---- SentencePiece

    /** The tokenizer, written as the .model file that it came from and read by the reader of such files. */
    private Tokenizer sentencePiece() {
        List<String> tokens = texts("tokens");
        List<Double> scores = list("scores", Double.class);
        List<Long> types = types(tokens);
        if (tokens.isEmpty() || scores.size() != tokens.size()) {
            throw bad(scores.size() + " scores for " + tokens.size() + " tokens", "one for each");
        }
        Message model = new Message();
        for (int i = 0; i < tokens.size(); i++) {
            Message piece = new Message();
            piece.text(1, tokens.get(i));
            piece.single(2, scores.get(i).floatValue());
            piece.number(3, types.isEmpty() ? NORMAL : types.get(i));
            model.message(1, piece);
        }
        Message trainer = new Message();
        trainer.number(3, 2);
        trainer.number(35, 1);
        trainer.number(40, number("unknown_token_id", 0));
        trainer.number(41, number("bos_token_id", 1));
        trainer.number(42, number("eos_token_id", 2));
        trainer.number(43, number("padding_token_id", -1));
        model.message(2, trainer);
        Message normalizer = new Message();
        normalizer.text(1, "identity");
        normalizer.number(3, flag("add_space_prefix", true) ? 1 : 0);
        normalizer.number(4, 0);
        normalizer.number(5, 1);
        model.message(3, normalizer);
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.read(
                model.bytes(), String.valueOf(file.file().getFileName()));
        List<String> before =
                flag("add_bos_token", true) ? List.of(token(tokens, number("bos_token_id", 1))) : List.of();
        List<String> after =
                flag("add_eos_token", false) ? List.of(token(tokens, number("eos_token_id", 2))) : List.of();
        return tokenizer.withSpecialTokens(before, after);
    }

    /** A message in protocol buffers' wire format. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void number(int field, long value) {
            varint((long) field << 3);
            varint(value);
        }

        void single(int field, float value) {
            varint((long) field << 3 | 5);
            int bits = Float.floatToIntBits(value);
            for (int shift = 0; shift < 32; shift += 8) {
                out.write(bits >> shift);
            }
        }

        void text(int field, String value) {
            block(field, value.getBytes(StandardCharsets.UTF_8));
        }

        void message(int field, Message value) {
            block(field, value.bytes());
        }

        private void block(int field, byte[] bytes) {
            varint((long) field << 3 | 2);
            varint(bytes.length);
            out.writeBytes(bytes);
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }

    // ---- byte-level BPE

    /** The tokenizer, written as the tokenizer.json that it came from. */
    private Tokenizer byteLevel() {
        List<String> tokens = texts("tokens");
        List<Long> types = types(tokens);
        List<String> splits = SPLITS.get(text("pre"));
        if (splits == null) {
            throw bad("texts split as '" + text("pre") + "' says", String.join(" or ", new TreeSet<>(SPLITS.keySet())));
        }
        Map<String, Object> vocabulary = new LinkedHashMap<>();
        List<Object> added = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            long type = types.isEmpty() ? NORMAL : types.get(i);
            if (type == CONTROL || type == USER_DEFINED) {
                added.add(addedToken(i, tokens.get(i), type == CONTROL));
            } else {
                vocabulary.put(tokens.get(i), i);
            }
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("ignore_merges", text("pre").startsWith("llama"));
        model.put("vocab", vocabulary);
        model.put("merges", new ArrayList<Object>(texts("merges")));
        Map<String, Object> byteLevel =
                Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", false, "use_regex", false);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", "1.0");
        json.put("added_tokens", added);
        List<Object> parts = new ArrayList<>();
        for (String split : splits) {
            Map<String, Object> pattern = Map.of("Regex", split);
            parts.add(Map.of("type", "Split", "pattern", pattern, "behavior", "Isolated", "invert", false));
        }
        parts.add(byteLevel);
        json.put("pre_tokenizer", Map.of("type", "Sequence", "pretokenizers", parts));
        List<Object> template = new ArrayList<>();
        Map<String, Object> specials = new LinkedHashMap<>();
        // as llama.cpp has it: files of Llama 3 don't say that its texts begin with a token of their own
        boolean begins = flag("add_bos_token", text("pre").startsWith("llama"));
        special(template, specials, tokens, begins ? number("bos_token_id", -1) : -1);
        template.add(Map.of("Sequence", Map.of("id", "A", "type_id", 0)));
        special(template, specials, tokens, flag("add_eos_token", false) ? number("eos_token_id", -1) : -1);
        if (!specials.isEmpty()) {
            List<Object> pair = new ArrayList<>(template);
            pair.add(Map.of("Sequence", Map.of("id", "B", "type_id", 1)));
            Map<String, Object> post = new LinkedHashMap<>();
            post.put("type", "TemplateProcessing");
            post.put("single", template);
            post.put("pair", pair);
            post.put("special_tokens", specials);
            json.put("post_processor", post);
        }
        json.put("decoder", byteLevel);
        json.put("model", model);
        return HfTokenizer.parse(JsonText.of(json));
    }

    private void special(List<Object> template, Map<String, Object> specials, List<String> tokens, long id) {
        if (id >= 0) {
            String token = token(tokens, id);
            template.add(Map.of("SpecialToken", Map.of("id", token, "type_id", 0)));
            specials.put(token, Map.of("id", token, "ids", List.of(id), "tokens", List.of(token)));
        }
    }

    private static Map<String, Object> addedToken(int id, String content, boolean special) {
        Map<String, Object> token = new LinkedHashMap<>();
        token.put("id", id);
        token.put("content", content);
        token.put("single_word", false);
        token.put("lstrip", false);
        token.put("rstrip", false);
        token.put("normalized", false);
        token.put("special", special);
        return token;
    }
}
