package dev.lanewise.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Options of text generation.
 *
 * <pre>{@code
 * GenerationOptions options = GenerationOptions.sampled(200, 7).withTemperature(0.8).withTopP(0.95).withStopTexts("\n\n");
 * }</pre>
 *
 * <p>Whatever the order of the calls, scores go through the repetition penalty, the temperature, top-k, top-p and
 * min-p, in this order, and then through the other filters.
 *
 * @param newTokens how many tokens are generated at most
 * @param sampled whether the next token is sampled; otherwise it is the best one
 * @param seed the seed of the random numbers: equal seeds give equal texts
 * @param temperature what scores are divided by, or 1
 * @param topK how many tokens are kept, or 0 for all
 * @param topP the share of probability that is kept, or 1
 * @param minP the share of the best token's probability that a token needs, or 0
 * @param repetitionPenalty the factor against tokens that have already occurred, or 1
 * @param filters further filters of scores
 * @param stopTokens the tokens that end a text, or null for the model's own
 * @param stopTexts texts that end the generated text when they appear in it
 */
public record GenerationOptions(
        int newTokens,
        boolean sampled,
        long seed,
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        List<ScoreFilter> filters,
        @Nullable List<Integer> stopTokens,
        List<String> stopTexts) {
    /**
     * Checks the numbers, and takes copies.
     *
     * @throws IllegalArgumentException if a number is out of its range, or a stop text is empty
     */
    public GenerationOptions {
        Objects.requireNonNull(filters, "filters");
        Objects.requireNonNull(stopTexts, "stopTexts");
        if (newTokens < 1) {
            throw new IllegalArgumentException("generate: " + newTokens + " new tokens; expected at least 1");
        }
        Scores.above("temperature", temperature, 0);
        if (topK < 0) {
            throw new IllegalArgumentException("top-k: found " + topK + "; expected 0 for all, or more");
        }
        Scores.share("top-p", topP);
        Scores.share("min-p", minP);
        Scores.above("repetition penalty", repetitionPenalty, 0);
        filters = List.copyOf(filters);
        stopTokens = stopTokens == null ? null : List.copyOf(stopTokens);
        stopTexts = List.copyOf(stopTexts);
        if (stopTexts.contains("")) {
            throw new IllegalArgumentException("stop text: found an empty one; expected text");
        }
    }

    /**
     * {@return options that take the best token each time}
     *
     * @param newTokens how many tokens are generated at most
     * @throws IllegalArgumentException if there is not at least one new token
     */
    public static GenerationOptions greedy(int newTokens) {
        return new GenerationOptions(newTokens, false, 0, 1, 0, 1, 0, 1, List.of(), null, List.of());
    }

    /**
     * {@return options that sample tokens with the model's probabilities}
     *
     * @param newTokens how many tokens are generated at most
     * @param seed the seed of the random numbers
     * @throws IllegalArgumentException if there is not at least one new token
     */
    public static GenerationOptions sampled(int newTokens, long seed) {
        return new GenerationOptions(newTokens, true, seed, 1, 0, 1, 0, 1, List.of(), null, List.of());
    }

    /**
     * {@return these options with another temperature}
     *
     * @param value the temperature, above 0
     */
    public GenerationOptions withTemperature(double value) {
        return new GenerationOptions(
                newTokens, sampled, seed, value, topK, topP, minP, repetitionPenalty, filters, stopTokens, stopTexts);
    }

    /**
     * {@return these options with another number of tokens to keep}
     *
     * @param value how many of the best tokens are kept, or 0 for all
     */
    public GenerationOptions withTopK(int value) {
        return new GenerationOptions(
                newTokens,
                sampled,
                seed,
                temperature,
                value,
                topP,
                minP,
                repetitionPenalty,
                filters,
                stopTokens,
                stopTexts);
    }

    /**
     * {@return these options with another share of probability to keep}
     *
     * @param value the share, or 1 for all
     */
    public GenerationOptions withTopP(double value) {
        return new GenerationOptions(
                newTokens,
                sampled,
                seed,
                temperature,
                topK,
                value,
                minP,
                repetitionPenalty,
                filters,
                stopTokens,
                stopTexts);
    }

    /**
     * {@return these options with another minimum share of the best token's probability}
     *
     * @param value the share, or 0 for none
     */
    public GenerationOptions withMinP(double value) {
        return new GenerationOptions(
                newTokens,
                sampled,
                seed,
                temperature,
                topK,
                topP,
                value,
                repetitionPenalty,
                filters,
                stopTokens,
                stopTexts);
    }

    /**
     * {@return these options with another penalty for repetition}
     *
     * @param value the factor, or 1 for none
     */
    public GenerationOptions withRepetitionPenalty(double value) {
        return new GenerationOptions(
                newTokens, sampled, seed, temperature, topK, topP, minP, value, filters, stopTokens, stopTexts);
    }

    /**
     * {@return these options with more filters, after all others}
     *
     * @param more the filters
     */
    public GenerationOptions withFilters(ScoreFilter... more) {
        Objects.requireNonNull(more, "more");
        List<ScoreFilter> all = new ArrayList<>(filters);
        all.addAll(Arrays.asList(more));
        return new GenerationOptions(
                newTokens, sampled, seed, temperature, topK, topP, minP, repetitionPenalty, all, stopTokens, stopTexts);
    }

    /**
     * {@return these options with other tokens that end a text; none for texts of full length}
     *
     * @param tokens the tokens
     */
    public GenerationOptions withStopTokens(List<Integer> tokens) {
        Objects.requireNonNull(tokens, "tokens");
        return new GenerationOptions(
                newTokens, sampled, seed, temperature, topK, topP, minP, repetitionPenalty, filters, tokens, stopTexts);
    }

    /**
     * {@return these options with texts that end the generated text}
     *
     * @param texts the texts
     */
    public GenerationOptions withStopTexts(String... texts) {
        Objects.requireNonNull(texts, "texts");
        return new GenerationOptions(
                newTokens,
                sampled,
                seed,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                filters,
                stopTokens,
                List.of(texts));
    }

    /** {@return all filters of scores, in order} */
    public List<ScoreFilter> allFilters() {
        List<ScoreFilter> all = new ArrayList<>();
        if (repetitionPenalty != 1) {
            all.add(ScoreFilter.repetitionPenalty(repetitionPenalty));
        }
        if (temperature != 1) {
            all.add(ScoreFilter.temperature(temperature));
        }
        if (topK > 0) {
            all.add(ScoreFilter.topK(topK));
        }
        if (topP < 1) {
            all.add(ScoreFilter.topP(topP));
        }
        if (minP > 0) {
            all.add(ScoreFilter.minP(minP));
        }
        all.addAll(filters);
        return all;
    }

    /** The next token. */
    int choose(double[] scores, int[] previous, RandomGenerator chance) {
        Scores.requireNumbers(scores);
        allFilters().forEach(filter -> filter.apply(scores, previous));
        return sampled ? Scores.draw(scores, chance.nextDouble()) : Scores.best(scores);
    }
}
