package dev.lanewise.lm.family;

import dev.lanewise.lm.part.DecoderSpec;
import dev.lanewise.lm.part.DecoderSpec.Biases;
import dev.lanewise.lm.part.DecoderSpec.Experts;
import dev.lanewise.lm.part.DecoderSpec.Norms;
import dev.lanewise.lm.part.DecoderSpec.Output;
import dev.lanewise.lm.part.DecoderSpec.Sizes;
import dev.lanewise.lm.part.Gate;
import dev.lanewise.lm.part.Heads;
import dev.lanewise.lm.part.RopeFrequencies;
import dev.lanewise.lm.weights.Config;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The settings of the Llama-like families in config.json, and what is special about each family. */
public final class LlamaFamilies {
    private LlamaFamilies() {}

    /** The settings of a family. */
    public static DecoderSpec spec(String family, Config config) {
        return switch (family) {
            case "llama" -> llama(config);
            case "mistral" -> mistral(config);
            case "qwen2" -> qwen2(config);
            case "qwen3" -> qwen3(config);
            case "gemma2" -> gemma2(config);
            case "mixtral" -> mixtral(config);
            default -> throw config.refused("model_type", "a family of Llama's kind");
        };
    }

    /** Biases, if any, are on all linear layers of attention or of the feed-forward layers. */
    private static DecoderSpec llama(Config config) {
        boolean attention = config.flag("attention_bias", false);
        Biases biases = new Biases(attention, attention, config.flag("mlp_bias", false));
        return spec(config, biases, normal(config, 1e-6, false), windows(config, 0), plain(config, false));
    }

    /** A token may see only a window of those before it. */
    private static DecoderSpec mistral(Config config) {
        boolean none = config.names().contains("sliding_window") && !config.has("sliding_window");
        int window = none ? 0 : config.size("sliding_window", 4096);
        config.ignore("sliding_window");
        return spec(config, Biases.NONE, normal(config, 1e-6, false), windows(config, window), plain(config, false));
    }

    /** Only queries, keys and values have biases. */
    private static DecoderSpec qwen2(Config config) {
        Biases biases = new Biases(true, false, false);
        return spec(config, biases, normal(config, 1e-6, false), qwenWindows(config), plain(config, false));
    }

    /** Queries and keys are normalized head by head, before their rotation. */
    private static DecoderSpec qwen3(Config config) {
        boolean attention = config.flag("attention_bias", false);
        Biases biases = new Biases(attention, attention, false);
        return spec(config, biases, normal(config, 1e-6, true), qwenWindows(config), plain(config, false));
    }

    /** Norms around each part, capped scores, scaled embeddings, and a window in every other layer. */
    private static DecoderSpec gemma2(Config config) {
        boolean attention = config.flag("attention_bias", false);
        config.only("use_bidirectional_attention", false);
        int hidden = config.size("hidden_size");
        int window = config.size("sliding_window", 4096);
        List<Integer> windows = config.has("layer_types")
                ? windows(config, window)
                : IntStream.range(0, config.layers("num_hidden_layers"))
                        .mapToObj(i -> i % 2 == 0 ? window : 0)
                        .toList();
        Output output = new Output(
                config.flag("tie_word_embeddings", true),
                Math.sqrt(hidden),
                cap(config, "final_logit_softcapping", 30));
        Norms norms = new Norms(config.number("rms_norm_eps", 1e-6), false, true);
        return spec(config, new Biases(attention, attention, false), norms, windows, output);
    }

    /** Experts instead of one feed-forward layer. */
    private static DecoderSpec mixtral(Config config) {
        config.only("router_jitter_noise", 0.0, 0L);
        config.only("output_router_logits", false);
        int window = config.has("sliding_window") ? config.size("sliding_window") : 0;
        config.ignore("sliding_window");
        return spec(config, Biases.NONE, normal(config, 1e-5, false), windows(config, window), plain(config, false));
    }

    private static Norms normal(Config config, double epsilon, boolean heads) {
        return new Norms(config.number("rms_norm_eps", epsilon), heads, false);
    }

    private static Output plain(Config config, boolean tied) {
        return new Output(config.flag("tie_word_embeddings", tied), 1, 0);
    }

    /** A cap of scores: 0 if the setting is null, the family's default if it is missing. */
    private static double cap(Config config, String name, double absent) {
        boolean none = config.names().contains(name) && config.get(name).isNull();
        return none ? 0 : config.positive(name, absent);
    }

    private static DecoderSpec spec(Config config, Biases biases, Norms norms, List<Integer> windows, Output output) {
        boolean gemma = norms.gemma();
        Sizes sizes = new Sizes(
                config.size("vocab_size"),
                config.size("hidden_size"),
                config.size("intermediate_size"),
                config.layers("num_hidden_layers"),
                config.size("max_position_embeddings", 2048));
        int queries = config.size("num_attention_heads");
        Absent absent = Absent.of(config);
        int keys = absent.keys(config, queries);
        if (queries % keys != 0) {
            throw config.refused("num_key_value_heads", "a number that divides num_attention_heads, " + queries);
        }
        int size = absent.size(config, Math.max(1, sizes.hidden() / queries));
        double scalar = gemma ? config.positive("query_pre_attn_scalar", 256) : size;
        double cap = gemma ? cap(config, "attn_logit_softcapping", 50) : 0;
        return new DecoderSpec(
                sizes,
                new Heads(queries, keys, size, 1 / Math.sqrt(scalar), cap),
                RopeFrequencies.of(config, size, absent.theta),
                biases,
                norms,
                gate(config, gemma),
                experts(config),
                windows,
                output);
    }

    /**
     * What a setting is that config.json does not have, as opposed to null: families differ in it.
     *
     * @param keys the number of heads of keys and values, or 0 for as many as there are of queries
     * @param size the size of a head, or 0 for a part of the hidden states
     * @param theta the base of rotary positions
     */
    private record Absent(int keys, int size, double theta) {
        static Absent of(Config config) {
            return switch (config.text("model_type", "")) {
                case "mistral" -> new Absent(8, 0, 10_000);
                case "mixtral" -> new Absent(8, 0, 1_000_000);
                case "qwen2" -> new Absent(32, 0, 10_000);
                case "qwen3" -> new Absent(32, 128, 10_000);
                case "gemma2" -> new Absent(4, 256, 10_000);
                default -> new Absent(0, 0, 10_000);
            };
        }

        int keys(Config config, int queries) {
            return setting(config, "num_key_value_heads", keys, queries);
        }

        int size(Config config, int part) {
            return setting(config, "head_dim", size, part);
        }

        private static int setting(Config config, String name, int missing, int empty) {
            boolean own = missing > 0 && !config.names().contains(name);
            return config.size(name, own ? missing : empty);
        }
    }

    /** Gemma's setting has a name of its own, which overrides an older one. */
    private static Gate gate(Config config, boolean gemma) {
        if (gemma) {
            config.ignore("hidden_act");
            return Gate.of(config, "hidden_activation", "gelu_pytorch_tanh");
        }
        return Gate.of(config, "hidden_act", "silu");
    }

    private static @Nullable Experts experts(Config config) {
        if (!config.has("num_local_experts")) {
            return null;
        }
        int count = config.size("num_local_experts");
        int chosen = config.size("num_experts_per_tok", 2);
        if (chosen > count) {
            throw config.refused("num_experts_per_tok", "at most num_local_experts, " + count);
        }
        return new Experts(count, chosen);
    }

    /** The window of each layer: the same for all, or only for those that {@code layer_types} names. */
    private static List<Integer> windows(Config config, int window) {
        int layers = config.layers("num_hidden_layers");
        List<String> types = config.texts("layer_types");
        if (types == null) {
            return Collections.nCopies(layers, window);
        }
        if (types.size() != layers
                || !types.stream().allMatch(type -> type.equals("full_attention") || type.equals("sliding_attention"))
                || window == 0 && types.contains("sliding_attention")) {
            throw config.refused(
                    "layer_types",
                    "full_attention or, with a sliding_window, sliding_attention for each of " + layers + " layers");
        }
        return types.stream()
                .map(type -> type.equals("sliding_attention") ? window : 0)
                .toList();
    }

    /** Layers from {@code max_window_layers} on have a window, if windows are used at all. */
    private static List<Integer> qwenWindows(Config config) {
        boolean used = config.flag("use_sliding_window", false);
        // null is another thing than nothing
        boolean none = config.names().contains("sliding_window") && !config.has("sliding_window");
        int window = used && !none ? config.size("sliding_window", 4096) : 0;
        int first = config.token("max_window_layers", 28);
        config.ignore("sliding_window");
        if (config.has("layer_types")) {
            return windows(config, window);
        }
        return IntStream.range(0, config.layers("num_hidden_layers"))
                .mapToObj(i -> i >= first ? window : 0)
                .toList();
    }
}
