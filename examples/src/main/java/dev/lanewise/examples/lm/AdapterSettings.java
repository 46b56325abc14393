package dev.lanewise.examples.lm;

import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.lm.adapter.LoraConfig.Allocation;
import dev.lanewise.lm.adapter.LoraConfig.Biases;
import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.lm.adapter.LoraConfig.Targets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What {@code --lora} says of an adapter.
 *
 * @param spec the command
 * @param settings values by key
 */
record AdapterSettings(CommandSpec spec, Map<String, String> settings) {
    private static final Map<String, List<String>> TARGETS = Map.of(
            "gpt2", List.of("c_attn"),
            "bert", List.of("query", "value"),
            "roberta", List.of("query", "value"),
            "distilbert", List.of("q_lin", "v_lin"));

    /** Keys and values, and the layer that ends the feed-forward part, whose input is scaled: peft's choice. */
    private static final Map<String, List<String>> SCALED = Map.of(
            "gpt2", List.of("c_attn", "mlp.c_proj"),
            "bert", List.of("key", "value", "output.dense"),
            "roberta", List.of("key", "value", "output.dense"),
            "distilbert", List.of("k_lin", "v_lin", "lin2"));

    private static final Set<String> FEED_FORWARD = Set.of("down_proj", "c_proj", "mlp.c_proj", "output.dense", "lin2");

    /**
     * The adapter's configuration.
     *
     * @param family the model's family
     * @param steps how many steps the training has, over which AdaLoRA removes ranks
     * @throws ParameterException if a key is unknown, or a value not what it takes
     */
    LoraConfig config(String family, long steps) {
        settings.keySet().forEach(this::requireKnown);
        Kind kind = value("kind", Kind.LORA, text -> Kind.valueOf(text.toUpperCase(Locale.ROOT)));
        if (kind == Kind.IA3) {
            return scales(family);
        }
        int rank = value("r", 8, Integer::parseInt);
        double alpha = value("alpha", 16.0, Double::parseDouble);
        String[] targets = targets(TARGETS.getOrDefault(family, List.of("q_proj", "v_proj")));
        LoraConfig config = kind == Kind.ADALORA
                ? LoraConfig.adaLora(Math.ceilDiv(3 * rank, 2), alpha, allocation(rank, steps), targets)
                : LoraConfig.lora(rank, alpha, targets).withKind(kind);
        return on(targets, config)
                .withDropout(value("dropout", 0.0, Double::parseDouble))
                .withBiases(value("bias", Biases.NONE, text -> Biases.valueOf(text.toUpperCase(Locale.ROOT))));
    }

    private LoraConfig scales(String family) {
        for (String key : settings.keySet()) {
            if (!key.equals("kind") && !key.equals("target")) {
                throw refused(key, "kind=ia3 has none: kind and target", null);
            }
        }
        String[] targets = targets(SCALED.getOrDefault(family, List.of("k_proj", "v_proj", "down_proj")));
        List<String> inputs =
                Arrays.stream(targets).filter(FEED_FORWARD::contains).toList();
        return on(targets, LoraConfig.ia3(inputs, targets));
    }

    private static LoraConfig on(String[] targets, LoraConfig config) {
        boolean all = targets.length == 1 && targets[0].equalsIgnoreCase("all-linear");
        return all ? config.withTargets(Targets.allLinear()) : config;
    }

    private String[] targets(List<String> usual) {
        return value("target", usual.toArray(String[]::new), text -> text.split("\\+"));
    }

    /** Begins with half as many ranks more, removes them after a tenth of the steps, and trains what is left in the last quarter. */
    private static Allocation allocation(int rank, long steps) {
        int all = Math.clamp(steps, 1, Integer.MAX_VALUE);
        int last = all > 1 ? Math.max(1, all / 4) : 0;
        return new Allocation(rank, all / 10, last, Math.max(1, all / 100), all, 0.85, 0.85, 0.5);
    }

    private interface Reading<T> {
        T of(String text);
    }

    private <T> T value(String key, T absent, Reading<T> reading) {
        String text = settings.get(key);
        try {
            return text == null ? absent : reading.of(text);
        } catch (IllegalArgumentException e) {
            throw refused(key, "r, alpha, dropout, kind, bias or target with its value", e);
        }
    }

    private void requireKnown(String key) {
        if (!Set.of("r", "alpha", "dropout", "kind", "bias", "target").contains(key)) {
            throw refused(key, "r, alpha, dropout, kind, bias or target with its value", null);
        }
    }

    private ParameterException refused(String key, String expected, @Nullable Throwable cause) {
        return new ParameterException(
                spec.commandLine(), "--lora " + key + "=" + settings.get(key) + ": expected " + expected, cause);
    }
}
