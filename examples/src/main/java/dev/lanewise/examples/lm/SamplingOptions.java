package dev.lanewise.examples.lm;

import dev.lanewise.examples.Usage;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of text generation on the command line. */
final class SamplingOptions {
    @Option(names = "--tokens", defaultValue = "256", description = "How many tokens are generated at most.")
    private int tokens;

    @Option(
            names = "--temperature",
            defaultValue = "0",
            description = "What scores are divided by; 0 takes the most likely token each time.")
    private double temperature;

    @Option(names = "--top-k", defaultValue = "0", description = "How many of the best tokens are kept; 0 for all.")
    private int topK;

    @Option(names = "--top-p", defaultValue = "1", description = "The share of probability that is kept (top-p).")
    private double topP;

    @Option(
            names = "--min-p",
            defaultValue = "0",
            description = "The share of the best token's probability that a token needs.")
    private double minP;

    @Option(
            names = "--repetition-penalty",
            defaultValue = "1",
            description = "The factor against repetition; 1 for none.")
    private double penalty;

    @Option(names = "--seed", defaultValue = "0", description = "The seed of the random numbers.")
    private long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "A text that ends the generation; repeat for several.")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = "--cache",
            paramLabel = "TYPE",
            description = {
                "The type that keys and values are kept in: ${COMPLETION-CANDIDATES}.",
                "16 bits take half the memory of F32. As the model computes if not given."
            })
    private @Nullable CacheType cache;

    SamplingOptions() {}

    /** The types of {@code --cache}. */
    private enum CacheType {
        F16,
        BF16,
        F32
    }

    /** Sets what concerns the model. */
    void apply(CausalLM model) {
        if (cache != null) {
            model.setCacheType(DType.valueOf(cache.name()));
        }
    }

    /** The options, made before a model is loaded: what they refuse is wrong usage. */
    GenerationOptions options(CommandSpec spec) {
        return Usage.settings(spec, this::checked);
    }

    private GenerationOptions checked() {
        GenerationOptions options = temperature == 0
                ? GenerationOptions.greedy(tokens)
                : GenerationOptions.sampled(tokens, seed).withTemperature(temperature);
        return options.withTopK(topK)
                .withTopP(topP)
                .withMinP(minP)
                .withRepetitionPenalty(penalty)
                .withStopTexts(stop.toArray(String[]::new));
    }
}
