package dev.lanewise.lm;

import dev.lanewise.lm.family.LlamaDecoder;
import dev.lanewise.lm.family.LlamaFamilies;
import dev.lanewise.lm.gguf.GgufFile;
import dev.lanewise.lm.part.DecoderSpec;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.GgufWeights;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Llama-like models from GGUF files: settings as in config.json, weights under the names of checkpoints. */
final class GgufModels {
    /** The names in config.json of the architecture's settings in the file. */
    private static final Map<String, String> SETTINGS = Map.of(
            "context_length", "max_position_embeddings",
            "embedding_length", "hidden_size",
            "block_count", "num_hidden_layers",
            "feed_forward_length", "intermediate_size",
            "attention.head_count", "num_attention_heads",
            "attention.head_count_kv", "num_key_value_heads",
            "attention.layer_norm_rms_epsilon", "rms_norm_eps",
            "rope.freq_base", "rope_theta",
            "attention.key_length", "head_dim");

    /** Settings that are known in other ways, or have no influence on the results. */
    private static final List<String> BESIDE =
            List.of("attention.value_length", "rope.dimension_count", "rope.scaling.finetuned", "vocab_size");

    /** What rotary scalings have in config.json. */
    private static final Map<String, String> SCALING = Map.of(
            "rope.scaling.type", "rope_type",
            "rope.scaling.factor", "factor",
            "rope.scaling.original_context_length", "original_max_position_embeddings",
            "rope.scaling.yarn_beta_fast", "beta_fast",
            "rope.scaling.yarn_beta_slow", "beta_slow");

    private GgufModels() {}

    /** Reads a file, whose blocks are widened or stay in the file. */
    static CausalLM load(Path path, DType dtype, boolean packed) {
        try (GgufFile file = packed ? GgufFile.openForever(path) : GgufFile.open(path)) {
            checkWhole(file);
            String architecture = file.text("general.architecture").orElse("");
            if (!List.of("llama", "qwen2", "qwen3").contains(architecture)) {
                throw new BadFileException(
                        path,
                        "a model of architecture '" + architecture + "'",
                        "llama, qwen2 or qwen3",
                        "use the model's safetensors files");
            }
            Map<String, Object> settings = settings(file, architecture);
            Config config = Config.of(path, settings);
            DecoderSpec spec = LlamaFamilies.spec(architecture, config);
            config.finish();
            if (file.names().contains("rope_freqs.weight")) {
                spec = spec.withRope(
                        spec.rope().slowed(path, file.read("rope_freqs.weight").toFloatArray()));
            }
            boolean interleaved = architecture.equals("llama");
            GgufWeights source = new GgufWeights(
                    file,
                    dtype,
                    interleaved,
                    spec.heads().queries(),
                    spec.heads().keys(),
                    packed);
            Weights weights = Weights.of(source, name -> name);
            CausalLM model = new LlamaDecoder(architecture, spec, weights);
            weights.finish();
            model.setStopTokens(stopTokens(file, model.vocabulary()));
            model.eval();
            return model;
        }
    }

    private static void checkWhole(GgufFile file) {
        Object parts = file.metadata().getOrDefault("split.count", 1L);
        if (!parts.equals(1L) && !parts.equals(0L)) {
            throw new BadFileException(
                    file.file(),
                    "one of " + parts + " parts of a model",
                    "a whole one",
                    "join them by llama-gguf-split --merge");
        }
    }

    /** The tokens that end a text, and those that end a turn of a conversation. */
    private static List<Integer> stopTokens(GgufFile file, int vocabulary) {
        List<Integer> stop = new ArrayList<>();
        for (String name : List.of("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")) {
            if (file.metadata().get(name) instanceof Long token) {
                if (token < 0 || token >= vocabulary) {
                    throw new BadFileException(
                            file.file(),
                            name + " " + token,
                            "a token of the vocabulary of " + vocabulary,
                            "download the file again");
                }
                if (!stop.contains(token.intValue())) {
                    stop.add(token.intValue());
                }
            }
        }
        return stop;
    }

    private static Map<String, Object> settings(GgufFile file, String architecture) {
        Map<String, Object> settings = new HashMap<>();
        Map<String, Object> scaling = new HashMap<>();
        String prefix = architecture + '.';
        file.metadata().forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                String own = name.substring(prefix.length());
                String known = SETTINGS.get(own);
                if (known != null) {
                    settings.put(known, value);
                } else if (SCALING.containsKey(own)) {
                    scaling.put(SCALING.get(own), value);
                } else if (!BESIDE.contains(own)) {
                    // the family refuses it, unless it says nothing
                    settings.put(own, value);
                }
            }
        });
        check(file, prefix, settings);
        scale(file, scaling, settings);
        // these follow from others, whatever a family's config.json may leave out
        if (settings.get("num_attention_heads") instanceof Long heads && heads > 0) {
            settings.putIfAbsent("num_key_value_heads", heads);
            if (settings.get("hidden_size") instanceof Long hidden) {
                settings.putIfAbsent("head_dim", hidden / heads);
            }
        }
        settings.put("model_type", architecture);
        settings.put("vocab_size", vocabulary(file));
        settings.put("tie_word_embeddings", !file.names().contains("output.weight"));
        if (file.names().contains("blk.0.attn_q.bias") && architecture.equals("llama")) {
            settings.put("attention_bias", true);
        }
        return settings;
    }

    /** Rotary scaling by position, as llama.cpp has it; other kinds come as factors ({@code rope_freqs.weight}). */
    private static void scale(GgufFile file, Map<String, Object> scaling, Map<String, Object> settings) {
        Object type = scaling.getOrDefault("rope_type", "none");
        if (type.equals("linear") || type.equals("yarn")) {
            settings.put("rope_scaling", scaling);
        } else if (!type.equals("none")) {
            throw new BadFileException(
                    file.file(),
                    "rope.scaling.type " + type,
                    "none, linear or yarn, or factors in rope_freqs.weight",
                    "use the model's safetensors files");
        }
    }

    /** Refuses value heads of another size and partial rotations, which are not computed here. */
    private static void check(GgufFile file, String prefix, Map<String, Object> settings) {
        Map<String, Object> all = file.metadata();
        Object head = settings.get("head_dim");
        Object values = all.get(prefix + "attention.value_length");
        Object rotated = all.get(prefix + "rope.dimension_count");
        boolean sizesDiffer =
                head != null && (values != null && !values.equals(head) || rotated != null && !rotated.equals(head));
        if (sizesDiffer) {
            throw new BadFileException(
                    file.file(),
                    "heads of " + head + ", " + values + " for values, " + rotated + " rotated",
                    "heads of one size, rotated as a whole",
                    "use the model's safetensors files");
        }
        if (head == null && rotated != null) {
            settings.put("head_dim", rotated);
        }
    }

    private static long vocabulary(GgufFile file) {
        if (!file.names().contains("token_embd.weight")) {
            return 0;
        }
        Shape table = file.stored("token_embd.weight").shape();
        return table.rank() == 0 ? 0 : table.size(0);
    }
}
