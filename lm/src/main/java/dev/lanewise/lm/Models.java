package dev.lanewise.lm;

import dev.lanewise.lm.family.Bert;
import dev.lanewise.lm.family.Gpt2;
import dev.lanewise.lm.family.LlamaDecoder;
import dev.lanewise.lm.family.LlamaFamilies;
import dev.lanewise.lm.family.T5;
import dev.lanewise.lm.family.Vit;
import dev.lanewise.lm.part.DecoderSpec;
import dev.lanewise.lm.weights.CheckpointFolder;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.WeightSource;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads models in Hugging Face's layout: a folder with {@code config.json} and {@code model.safetensors}, or shards of
 * it with {@code model.safetensors.index.json}.
 *
 * <p>Weights of F16 and BF16 are widened to F32. Each is read directly into its final place. An unknown setting that
 * would change results is an error, as are missing tensors, superfluous ones and those of another shape.
 *
 * <pre>{@code
 * CausalLM model = Models.causal(Path.of("SmolLM2-135M"));
 * }</pre>
 */
public final class Models {
    private static final Map<String, String> CLASSIFIERS = Map.of(
            "bert", "BertForSequenceClassification",
            "roberta", "RobertaForSequenceClassification",
            "distilbert", "DistilBertForSequenceClassification");

    private Models() {}

    /**
     * Reads a model that computes in F32.
     *
     * @param folder a folder with config.json and weights; or a .gguf file, whose blocks are widened
     * @return the model
     * @throws BadFileException if files are missing or damaged, or if the model's family or one of its settings is
     *     unknown
     */
    public static PretrainedModel load(Path folder) {
        return load(folder, DType.F32);
    }

    /**
     * Reads a model that computes in a given type.
     *
     * @param folder a folder with config.json and weights
     * @param dtype F32, F64, BF16 or F16
     * @return the model
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static PretrainedModel load(Path folder, DType dtype) {
        if (String.valueOf(folder.getFileName()).endsWith(".gguf")) {
            return GgufModels.load(folder, dtype, false);
        }
        Config config = Config.read(folder.resolve("config.json"));
        String family = config.text("model_type", "");
        String architecture = architecture(config);
        try (WeightSource source = CheckpointFolder.open(folder, dtype)) {
            PretrainedModel model = build(config, family, architecture, names -> Weights.of(source, names));
            if (model instanceof CausalLM causal) {
                causal.setStopTokens(stopTokens(folder, config));
            }
            model.eval();
            return model;
        }
    }

    /**
     * Reads a .gguf file whose weights keep its blocks, in mapped memory, which products read as they are. Of the table of
     * embeddings, which a head may share, the rows that a text needs are widened.
     *
     * @param file its path
     * @return the model
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static CausalLM packed(Path file) {
        return GgufModels.load(file, DType.F32, true);
    }

    /**
     * {@return a model with random initial values, to be trained from scratch}
     *
     * @param file its config.json
     * @param random the source of the initial values
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static PretrainedModel untrained(Path file, Rng random) {
        Config config = Config.read(file);
        PretrainedModel model =
                build(config, config.text("model_type", ""), architecture(config), names -> Weights.random(random));
        if (model instanceof CausalLM causal) {
            causal.setStopTokens(config.tokens("eos_token_id"));
        }
        return model;
    }

    /** Makes the weights of a model from its mapping of the names in files. */
    private interface Source {
        Weights named(UnaryOperator<@Nullable String> names);
    }

    /**
     * Reads a decoder, like {@link #load(Path)}; another kind of model is an error.
     *
     * @param folder a folder with config.json and weights
     * @return the model
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static CausalLM causal(Path folder) {
        return as(CausalLM.class, "a decoder that predicts next tokens", folder);
    }

    /**
     * {@return whether a path is that of a decoder that predicts next tokens: a folder whose config.json says so, or a
     * .gguf file}
     *
     * @param path the path
     * @throws BadFileException if config.json is damaged
     */
    public static boolean isCausal(Path path) {
        Path config = path.resolve("config.json");
        if (!Files.isRegularFile(config)) {
            return String.valueOf(path.getFileName()).endsWith(".gguf") && Files.isRegularFile(path);
        }
        List<String> architectures = Config.read(config).texts("architectures");
        return architectures != null && architectures.size() == 1 && isDecoder(architectures.getFirst());
    }

    private static boolean isDecoder(String architecture) {
        return architecture.endsWith("ForCausalLM") || architecture.equals("GPT2LMHeadModel");
    }

    /**
     * Reads an encoder of texts, like {@link #load(Path)}; another kind of model is an error.
     *
     * @param folder a folder with config.json and weights
     * @return the model
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static Encoder encoder(Path folder) {
        Encoder encoder = as(Encoder.class, "an encoder of texts", folder);
        encoder.pooling(SentencePooling.read(folder));
        return encoder;
    }

    /**
     * Reads an encoder of texts and puts a new head on it, which tells classes of whole texts and is yet to be trained: what
     * the folder's model ended with is left out. A pooling layer that the folder does not have begins by chance too.
     *
     * @param folder of BERT, DistilBERT or RoBERTa, with config.json and weights
     * @param classes how many classes there are, 2 or more
     * @param random where the head's first values come from
     * @return the model
     * @throws BadFileException if files are missing or damaged, or if the model is of another family
     * @throws IllegalArgumentException if there are fewer than two classes
     */
    public static Encoder classifier(Path folder, int classes, Rng random) {
        if (classes < 2) {
            throw new IllegalArgumentException("classifier: " + classes + " classes; expected 2 or more");
        }
        Config stored = Config.read(folder.resolve("config.json"));
        String family = stored.text("model_type", "");
        String architecture = CLASSIFIERS.get(family);
        if (architecture == null) {
            throw stored.refused("model_type", "bert, roberta or distilbert, which have heads for classes");
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        stored.names().forEach(name -> settings.put(name, stored.get(name).value()));
        settings.keySet().removeAll(List.of("id2label", "label2id", "problem_type"));
        settings.put("architectures", List.of(architecture));
        settings.put("num_labels", (long) classes);
        Config config = Config.of(stored.file(), settings);
        config.ignore("architectures", "model_type");
        String base = family + '.';
        try (WeightSource source = CheckpointFolder.open(folder, DType.F32)) {
            UnaryOperator<@Nullable String> names = name -> {
                String own = Bert.modelName(family, true, name);
                return own == null || !own.startsWith(base) ? null : own;
            };
            Weights weights = Weights.of(source, names)
                    .orRandom(random, name -> !name.startsWith(base) || name.startsWith(base + "pooler."));
            Bert model = Bert.of(config, family, architecture, weights);
            weights.skip(base + "pooler.dense.weight");
            weights.skip(base + "pooler.dense.bias");
            Bert finished = finished(config, weights, model);
            finished.eval();
            return finished;
        }
    }

    /**
     * Reads an encoder with a decoder, as {@link #load(Path)} does; another kind of model is an error.
     *
     * @param folder a folder with config.json and weights
     * @return the model
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static Seq2SeqLM seq2seq(Path folder) {
        return as(Seq2SeqLM.class, "an encoder with a decoder", folder);
    }

    private static <M> M as(Class<M> kind, String expected, Path folder) {
        PretrainedModel model = load(folder);
        if (kind.isInstance(model)) {
            return kind.cast(model);
        }
        throw new BadFileException(folder, "a model of family " + model.family(), expected, "choose another folder");
    }

    private static String architecture(Config config) {
        List<String> names = config.texts("architectures");
        if (names == null || names.size() != 1) {
            throw config.refused("architectures", "a list of one name");
        }
        return names.getFirst();
    }

    private static PretrainedModel build(Config config, String family, String architecture, Source source) {
        return switch (family) {
            case "llama", "mistral", "qwen2", "qwen3", "gemma2", "mixtral" -> {
                decoderOnly(config, architecture);
                DecoderSpec spec = LlamaFamilies.spec(family, config);
                config.finish();
                Weights weights = source.named(LlamaDecoder::modelName);
                yield finished(weights, new LlamaDecoder(family, spec, weights));
            }
            case "gpt2" -> {
                decoderOnly(config, architecture);
                Weights weights = source.named(Gpt2::modelName);
                yield finished(config, weights, Gpt2.of(config, weights));
            }
            case "bert", "roberta", "distilbert" -> {
                boolean head = !architecture.endsWith("Model");
                Weights weights = source.named(name -> Bert.modelName(family, head, name));
                yield finished(config, weights, Bert.of(config, family, architecture, weights));
            }
            case "t5" -> {
                if (!architecture.equals("T5ForConditionalGeneration")) {
                    throw config.refused("architectures", "T5ForConditionalGeneration");
                }
                Weights weights = source.named(T5::modelName);
                yield finished(config, weights, T5.of(config, weights));
            }
            case "vit" -> {
                boolean head = !architecture.endsWith("Model");
                Weights weights = source.named(name -> Vit.modelName(head, name));
                yield finished(config, weights, Vit.of(config, architecture, weights));
            }
            default ->
                throw config.refused(
                        "model_type",
                        "bert, distilbert, roberta, gpt2, llama, mistral, mixtral, qwen2, qwen3, gemma2, t5 or vit");
        };
    }

    private static void decoderOnly(Config config, String architecture) {
        if (!isDecoder(architecture)) {
            throw config.refused("architectures", "a model that predicts next tokens, ...ForCausalLM");
        }
    }

    private static <M extends PretrainedModel> M finished(Config config, Weights weights, M model) {
        config.finish();
        return finished(weights, model);
    }

    private static <M extends PretrainedModel> M finished(Weights weights, M model) {
        weights.finish();
        return model;
    }

    private static List<Integer> stopTokens(Path folder, Config config) {
        Path file = folder.resolve("generation_config.json");
        List<Integer> stop = Files.exists(file) ? Config.read(file).tokens("eos_token_id") : List.of();
        return stop.isEmpty() ? config.tokens("eos_token_id") : stop;
    }
}
