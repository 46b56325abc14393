package dev.lanewise.lm.family;

import dev.lanewise.lm.Encoder.Task;
import dev.lanewise.lm.part.Gate;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Heads of encoders: for classes of a text, classes of its tokens, or masked tokens. */
final class EncoderHead {
    private static final Set<String> KINDS =
            Set.of("ForSequenceClassification", "ForTokenClassification", "ForMaskedLM");
    private static final Map<String, String> CLASSES =
            Map.of("bert", "Bert", "roberta", "Roberta", "distilbert", "DistilBert");

    private final Task task;
    private final Map<String, Layer> members = new LinkedHashMap<>();
    private Function function = (hidden, pooled) -> hidden;

    /** Computes scores from the last hidden states {@code [n, l, size]} and the pooler's result. */
    private interface Function {
        Tensor apply(Tensor hidden, @Nullable Tensor pooled);
    }

    /**
     * Sizes and kinds.
     *
     * @param hidden elements of hidden states
     * @param vocabulary how many tokens there are
     * @param labels how many classes
     * @param problem the kind of classification, or empty to go by the labels
     * @param function of the encoder's feed-forward layers
     * @param epsilon added to variances
     * @param tied whether masked tokens are scored by the table of embeddings
     */
    record Options(
            int hidden, int vocabulary, int labels, String problem, Gate function, double epsilon, boolean tied) {}

    private EncoderHead(Task task) {
        this.task = task;
    }

    /** What follows the family's name in the architecture's name: empty for a model without a head. */
    static String kind(Config config, String family, String architecture) {
        String name = CLASSES.getOrDefault(family, "");
        String kind = architecture.startsWith(name) ? architecture.substring(name.length()) : "?";
        if (kind.equals("Model")) {
            config.labels();
            config.ignore("problem_type");
            return "";
        }
        if (!KINDS.contains(kind)) {
            throw config.refused(
                    "architectures",
                    name + "Model, " + name + "ForSequenceClassification, " + name + "ForTokenClassification or " + name
                            + "ForMaskedLM");
        }
        problem(config);
        return kind;
    }

    /** The kind of classification, or empty to go by the labels. */
    static String problem(Config config) {
        List<String> problems = List.of("", "single_label_classification", "multi_label_classification", "regression");
        String problem = config.text("problem_type", "");
        if (!problems.contains(problem)) {
            throw config.refused("problem_type", String.join(", ", problems.subList(1, 4)));
        }
        return problem;
    }

    /** What a head for classes predicts. */
    static Task task(String problem, int labels) {
        return switch (problem) {
            case "multi_label_classification" -> Task.MANY_CLASSES;
            case "regression" -> Task.REGRESSION;
            case "" -> labels == 1 ? Task.REGRESSION : Task.ONE_CLASS;
            default -> Task.ONE_CLASS;
        };
    }

    static EncoderHead of(String family, String kind, Options options, Parameter words, Weights weights) {
        return switch (kind) {
            case "ForSequenceClassification" -> classes(family, options, weights);
            case "ForTokenClassification" -> {
                EncoderHead head = new EncoderHead(Task.EACH_TOKEN);
                Linear classifier = head.linear(weights, "classifier", options.hidden, options.labels);
                head.function = (hidden, pooled) -> classifier.forward(hidden);
                yield head;
            }
            default -> maskedTokens(family, options, words, weights);
        };
    }

    private static EncoderHead classes(String family, Options options, Weights weights) {
        EncoderHead head = new EncoderHead(task(options.problem, options.labels));
        int size = options.hidden;
        switch (family) {
            case "roberta" -> {
                Linear dense = head.linear(weights, "classifier.dense", size, size);
                Linear out = head.linear(weights, "classifier.out_proj", size, options.labels);
                head.function = (hidden, pooled) ->
                        out.forward(dense.forward(hidden.select(1, 0)).tanh());
            }
            case "distilbert" -> {
                Linear dense = head.linear(weights, "pre_classifier", size, size);
                Linear out = head.linear(weights, "classifier", size, options.labels);
                head.function = (hidden, pooled) ->
                        out.forward(dense.forward(hidden.select(1, 0)).relu());
            }
            default -> {
                Linear classifier = head.linear(weights, "classifier", size, options.labels);
                head.function = (hidden, pooled) -> {
                    if (pooled == null) {
                        throw new IllegalStateException("a classifier without a pooler");
                    }
                    return classifier.forward(pooled);
                };
            }
        }
        return head;
    }

    private static EncoderHead maskedTokens(String family, Options options, Parameter words, Weights weights) {
        EncoderHead head = new EncoderHead(Task.EACH_TOKEN);
        String[] names = switch (family) {
            case "roberta" -> new String[] {"lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"};
            case "distilbert" ->
                new String[] {"vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"};
            default ->
                new String[] {
                    "cls.predictions.transform.dense",
                    "cls.predictions.transform.LayerNorm",
                    "cls.predictions.decoder",
                    "cls.predictions.bias"
                };
        };
        Gate function = family.equals("roberta") ? Gate.GELU : options.function;
        int size = options.hidden;
        Linear dense = head.linear(weights, names[0], size, size);
        Weights ofNorm = weights.at(names[1]);
        LayerNorm norm = head.add(
                names[1],
                new LayerNorm(
                        ofNorm.parameter("weight", size),
                        ofNorm.parameter("bias", size),
                        family.equals("bert") || family.equals("roberta") ? options.epsilon : 1e-12));
        Linear decoder = head.decoder(names[2], names[3], options, words, weights);
        head.function = (hidden, pooled) -> decoder.forward(norm.forward(function.apply(dense.forward(hidden))));
        return head;
    }

    /**
     * The scores of tokens: by the table of embeddings or a weight of their own, with a bias that older files name
     * twice.
     */
    private Linear decoder(String path, String bias, Options options, Parameter words, Weights weights) {
        String ofDecoder = path + ".bias";
        // a decoder that is not tied has a bias of its own too, and the other one is not used
        boolean own = options.tied ? !weights.has(bias) : weights.has(ofDecoder);
        Parameter offsets = weights.parameter(own ? ofDecoder : bias, options.vocabulary);
        weights.skip(bias);
        weights.skip(ofDecoder);
        String weight = path + ".weight";
        Parameter table = options.tied
                ? weights.shared(weight, words)
                : weights.parameter(weight, options.vocabulary, options.hidden);
        return add(path, new Linear(table, offsets));
    }

    private Linear linear(Weights weights, String path, long in, long out) {
        Weights own = weights.at(path);
        return add(path, new Linear(own.parameter("weight", out, in), own.parameter("bias", out)));
    }

    private <M extends Layer> M add(String path, M layer) {
        members.put(path, layer);
        return layer;
    }

    Task task() {
        return task;
    }

    /** The layers by path. */
    Map<String, Layer> members() {
        return members;
    }

    Tensor apply(Tensor hidden, @Nullable Tensor pooled) {
        return function.apply(hidden, pooled);
    }
}
