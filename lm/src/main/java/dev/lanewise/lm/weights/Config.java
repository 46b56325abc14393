package dev.lanewise.lm.weights;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model's {@code config.json}. Every setting that a family reads is checked; one that it does not read is refused by
 * {@link #finish}, unless it is void (null, false, empty) or known to change no result.
 */
public final class Config {
    private static final int LARGEST = 1 << 28;
    private static final int MOST_LAYERS = 10_000;
    private static final long LONGEST_FILE = 64L << 20;

    /** Settings of training, defaults of generation, and the origin of the file. */
    private static final Set<String> HARMLESS = Set.of(
            "architectures",
            "attention_dropout",
            "attention_probs_dropout_prob",
            "attn_implementation",
            "attn_pdrop",
            "bad_words_ids",
            "begin_suppress_tokens",
            "bos_token_id",
            "cache_implementation",
            "chunk_size_feed_forward",
            "classifier_dropout",
            "cls_token_id",
            "decoder_start_token_id",
            "directionality",
            "diversity_penalty",
            "do_sample",
            "dropout",
            "dropout_rate",
            "dtype",
            "early_stopping",
            "embd_pdrop",
            "encoder_stride",
            "eos_token_id",
            "finetuning_task",
            "gradient_checkpointing",
            "hidden_dropout_prob",
            "id2label",
            "initializer_factor",
            "initializer_range",
            "is_llama_config",
            "label2id",
            "language",
            "length_penalty",
            "license",
            "max_length",
            "min_length",
            "model_max_length",
            "model_type",
            "n_ctx",
            "name_or_path",
            "no_repeat_ngram_size",
            "num_beam_groups",
            "num_beams",
            "num_labels",
            "num_return_sequences",
            "output_past",
            "pad_token_id",
            "pooler_fc_size",
            "pooler_num_attention_heads",
            "pooler_num_fc_layers",
            "pooler_size_per_head",
            "pooler_type",
            "prefix",
            "pretraining_tp",
            "problem_type",
            "qa_dropout",
            "repetition_penalty",
            "resid_pdrop",
            "return_dict",
            "router_aux_loss_coef",
            "sbert_ce_default_activation_function",
            "sentence_transformers",
            "sep_token_id",
            "seq_classif_dropout",
            "sliding_window_size",
            "summary_activation",
            "summary_first_dropout",
            "summary_proj_to_labels",
            "summary_type",
            "summary_use_proj",
            "task_specific_params",
            "temperature",
            "tie_weights_",
            "tokenizer_class",
            "top_k",
            "top_p",
            "torch_dtype",
            "transformers.js_config",
            "transformers_version",
            "typical_p",
            "unk_token_id",
            "unsloth_fixed",
            "unsloth_version",
            "use_cache",
            "vocab_size");

    private final Path file;
    private final Json json;
    private final Set<String> read = new HashSet<>();

    private Config(Path file, Json json) {
        this.file = file;
        this.json = json;
    }

    /**
     * Reads a file.
     *
     * @throws BadFileException if it is not a JSON object
     */
    public static Config read(Path file) {
        long bytes = InputLimits.length(file, "a model's config.json");
        if (bytes > LONGEST_FILE) {
            throw new BadFileException(
                    file, bytes + " bytes", "at most " + LONGEST_FILE, "is it a model's config.json?");
        }
        ReadLimits.checkHeap(file, bytes * 20);
        return of(file, checked(file, () -> {
            Json json = JsonFile.read(file);
            json.map();
            return json;
        }));
    }

    /** Settings from another source; messages name the file. */
    public static Config of(Path file, Map<String, Object> settings) {
        return of(file, new Json(settings, String.valueOf(file.getFileName())));
    }

    private static Config of(Path file, Json json) {
        return new Config(file, json);
    }

    private interface Reader<T> {
        T read();
    }

    private static <T> T checked(Path file, Reader<T> reader) {
        try {
            return reader.read();
        } catch (TokenizerException e) {
            throw new BadFileException(file, String.valueOf(e.getMessage()), "a model's settings", "mend the file", e);
        }
    }

    /** The file's path. */
    public Path file() {
        return file;
    }

    /** A setting, for closer inspection. */
    public Json get(String name) {
        read.add(name);
        return json.get(name);
    }

    /** The names of all settings. */
    public Set<String> names() {
        return json.map().keySet();
    }

    /** Whether a setting is present and not null. */
    public boolean has(String name) {
        return !json.get(name).isNull();
    }

    /** A positive size. */
    public int size(String name) {
        return size(name, -1);
    }

    /**
     * A positive size.
     *
     * @param absent the value if the setting is missing or null; if below 1, the setting is required
     */
    public int size(String name, int absent) {
        Json value = get(name);
        if (value.isNull() && absent > 0) {
            return absent;
        }
        int size = checked(file, () -> value.isNull() ? json.need(name).index() : value.index());
        if (size < 1 || size > LARGEST) {
            throw refused(name, "a size from 1 to " + LARGEST);
        }
        return size;
    }

    /** A token's number, or the given default if the setting is missing or null. */
    public int token(String name, int absent) {
        Json value = get(name);
        return value.isNull() ? absent : checked(file, value::index);
    }

    /** Token numbers: none, one, or a list of them. */
    public List<Integer> tokens(String name) {
        Json value = get(name);
        if (value.isNull()) {
            return List.of();
        }
        return checked(
                file,
                () -> value.value() instanceof List<?>
                        ? value.list().stream().map(Json::index).toList()
                        : List.of(value.index()));
    }

    /** A number of layers: more than any model has are refused before a list of them is made. */
    public int layers(String name) {
        int layers = size(name);
        if (layers > MOST_LAYERS) {
            throw refused(name, "at most " + MOST_LAYERS);
        }
        return layers;
    }

    /** A number, or the given default if the setting is missing or null. */
    public double number(String name, double absent) {
        Json value = get(name);
        return value.isNull() ? absent : checked(file, value::number);
    }

    /** A positive number, or the given default if the setting is missing or null. */
    public double positive(String name, double absent) {
        double value = number(name, absent);
        if (!(value > 0)) {
            throw refused(name, "a number above 0");
        }
        return value;
    }

    /** A truth value, or the given default if the setting is missing or null. */
    public boolean flag(String name, boolean absent) {
        Json value = get(name);
        return checked(file, () -> value.bool(absent));
    }

    /** A text, or the given default if the setting is missing or null. */
    public String text(String name, String absent) {
        Json value = get(name);
        return value.isNull() ? absent : checked(file, value::string);
    }

    /** A list of texts, or null. */
    public @Nullable List<String> texts(String name) {
        Json value = get(name);
        return value.isNull()
                ? null
                : checked(file, () -> value.list().stream().map(Json::string).toList());
    }

    /** An object's settings, empty if it is missing or null. */
    public Config object(String name) {
        Json value = get(name);
        if (value.isNull()) {
            return of(file, Map.of());
        }
        checked(file, value::map);
        return of(file, value);
    }

    /** A list of numbers. */
    public double[] numbers(String name) {
        Json value = get(name);
        return checked(
                file, () -> value.list().stream().mapToDouble(Json::number).toArray());
    }

    /** Refuses values other than these; null and a missing setting count as the first. */
    public void only(String name, Object... allowed) {
        Json value = get(name);
        if (!value.isNull() && !Arrays.asList(allowed).contains(value.value())) {
            throw refused(name, "one of " + Arrays.toString(allowed));
        }
    }

    /** How many classes a head has: from {@code id2label}, or {@code num_labels}, or 2. */
    public int labels() {
        Json names = get("id2label");
        if (names.isNull()) {
            return size("num_labels", 2);
        }
        int labels = checked(file, () -> names.map().size());
        if (labels < 1) {
            throw refused("id2label", "a name for each class");
        }
        return labels;
    }

    /** An error for a setting whose value would change the results. */
    public BadFileException refused(String name, String expected) {
        return new BadFileException(
                file,
                "`" + name + "`: " + json.get(name).type(),
                expected,
                "Lanewise can't compute this model as it is meant");
    }

    /** Ignores settings. */
    public void ignore(String... names) {
        read.addAll(Arrays.asList(names));
    }

    /**
     * Refuses settings that have not been read and may change results.
     *
     * @throws BadFileException naming the first such setting
     */
    public void finish() {
        json.map().forEach((name, value) -> {
            if (!read.contains(name) && !HARMLESS.contains(name) && !name.startsWith("_") && says(value)) {
                throw new BadFileException(
                        file,
                        "`" + name + "`: " + json.get(name).type(),
                        "settings that Lanewise knows"
                                + (has("model_type")
                                        ? " for a model of type "
                                                + get("model_type").value()
                                        : ""),
                        "remove the setting if it changes no result");
            }
        });
    }

    private static boolean says(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }
}
