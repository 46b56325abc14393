package dev.lanewise.serve.generate;

import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.serve.http.Refusal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A request to {@code /v1/completions} or {@code /v1/chat/completions}.
 *
 * @param model the model's name
 * @param prompt what is to be continued
 * @param sampling how
 * @param isStreamed whether the text is sent as it is generated
 * @param includesUsage whether a stream ends with the numbers of tokens
 */
public record CompletionRequest(
        String model, Prompt prompt, Sampling sampling, boolean isStreamed, boolean includesUsage) {

    /** What is to be continued. */
    public sealed interface Prompt {
        /** A text. */
        record Text(String text) implements Prompt {}

        /** Tokens. */
        record Tokens(int[] ids) implements Prompt {}

        /** A conversation, each message with a role and a content. */
        record Chat(List<Map<String, Object>> messages) implements Prompt {}
    }

    /**
     * How a text is continued.
     *
     * @param newTokens the most tokens, or 0 if the request does not say
     * @param temperature 0 for the best token each time
     * @param topP the share of probability that is kept
     * @param topK how many tokens are kept, or 0 for all
     * @param minP the share of the best token's probability that a token needs
     * @param repetitionPenalty the factor against tokens that have occurred
     * @param seed equal seeds give equal texts; null for any
     * @param stop texts that end it
     */
    public record Sampling(
            int newTokens,
            double temperature,
            double topP,
            int topK,
            double minP,
            double repetitionPenalty,
            @Nullable Long seed,
            List<String> stop) {
        /**
         * The options that say the same.
         *
         * @param count how many tokens
         * @throws Refusal if a number is out of its range
         */
        GenerationOptions options(int count) {
            boolean greedy = temperature == 0 || topP == 0;
            long start = seed == null ? ThreadLocalRandom.current().nextLong() : seed;
            try {
                GenerationOptions options =
                        greedy ? GenerationOptions.greedy(count) : GenerationOptions.sampled(count, start);
                return (greedy
                                ? options
                                : options.withTemperature(temperature)
                                        .withTopP(topP)
                                        .withTopK(topK))
                        .withMinP(minP)
                        .withRepetitionPenalty(repetitionPenalty)
                        .withStopTexts(stop.toArray(String[]::new));
            } catch (IllegalArgumentException e) {
                throw Refusal.bad(String.valueOf(e.getMessage()), e);
            }
        }
    }
}
