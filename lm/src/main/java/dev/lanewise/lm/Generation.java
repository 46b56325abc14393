package dev.lanewise.lm;

import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Continues sequences of tokens, several at once or by beam search; {@link TextGenerator} does it with texts.
 *
 * <pre>{@code
 * try (TokenStream tokens = Generation.stream(model, prompt, GenerationOptions.greedy(20))) {
 *     tokens.forEachRemaining(System.out::println);
 * }
 * }</pre>
 */
public final class Generation {
    private Generation() {}

    /**
     * A continuation found by beam search.
     *
     * @param tokens the tokens, with what they continue
     * @param score the sum of log-probabilities, divided by a power of the length
     */
    public record Beam(int[] tokens, double score) {
        /** Holds the given values, none of which may be null. */
        public Beam {
            Objects.requireNonNull(tokens, "tokens");
        }
    }

    /**
     * The options of beam search.
     *
     * @param beams how many continuations are pursued, and returned
     * @param newTokens how many new tokens each has at most
     * @param lengthPenalty the power of the length by which sums of log-probabilities are divided
     * @param stopTokens the tokens that end a continuation, or null for the model's own
     */
    public record BeamOptions(
            int beams,
            int newTokens,
            double lengthPenalty,
            @Nullable List<Integer> stopTokens) {
        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if a number is less than 1, or the penalty is not finite
         */
        public BeamOptions {
            if (beams < 1 || newTokens < 1 || !Double.isFinite(lengthPenalty)) {
                throw new IllegalArgumentException("beams: " + beams + " of " + newTokens + " tokens, length penalty "
                        + lengthPenalty + "; expected at least 1 of at least 1");
            }
            stopTokens = stopTokens == null ? null : List.copyOf(stopTokens);
        }
    }

    /**
     * {@return the continuation of a prompt, token by token}
     *
     * @param model the model
     * @param prompt the text or tokens to continue
     * @param options the generation options
     */
    public static TokenStream stream(CausalLM model, int[] prompt, GenerationOptions options) {
        return new TokenStream(
                Decoding.of(model, List.of(prompt), options.newTokens()), options, stop(model, options.stopTokens()));
    }

    /**
     * {@return the answer to a text {@code ids [1, s]}, token by token}
     *
     * @param model the model
     * @param text the tokens of the text
     * @param options the generation options
     */
    public static TokenStream stream(Seq2SeqLM model, int[] text, GenerationOptions options) {
        long[] ids = Arrays.stream(text).asLongStream().toArray();
        return new TokenStream(
                Decoding.of(model, Tensor.of(ids, 1, ids.length).to(model.device()), null, options.newTokens()),
                options,
                stop(model, options.stopTokens()));
    }

    private static List<Integer> stop(CausalLM model, @Nullable List<Integer> given) {
        return given == null ? model.stopTokens() : given;
    }

    private static List<Integer> stop(Seq2SeqLM model, @Nullable List<Integer> given) {
        return given == null ? model.tokens().stop() : given;
    }

    /**
     * The continuations of several prompts, computed together; shorter prompts are padded on the left, and get the same
     * tokens as they would alone, up to where the model has no position left for the longest. The random numbers of a row start with the seed plus its number.
     *
     * @param model the model
     * @param prompts the prompts to continue, each at least one token
     * @param options the generation options
     * @return for each prompt the new tokens, including the one that ends it, if any
     */
    public static List<int[]> batch(CausalLM model, List<int[]> prompts, GenerationOptions options) {
        try (Decoding decoding = Decoding.of(model, prompts, options.newTokens())) {
            return batch(decoding, options, stop(model, options.stopTokens()));
        }
    }

    /**
     * {@return the answers to several texts, computed together}
     *
     * @param model the model
     * @param ids {@code [n, s]} of I64
     * @param mask {@code [n, s]}, 0 for padding; or null
     * @param options the generation options
     */
    public static List<int[]> batch(Seq2SeqLM model, Tensor ids, @Nullable Tensor mask, GenerationOptions options) {
        try (Decoding decoding = Decoding.of(model, ids, mask, options.newTokens())) {
            return batch(decoding, options, stop(model, options.stopTokens()));
        }
    }

    private static List<int[]> batch(Decoding decoding, GenerationOptions options, List<Integer> stop) {
        List<int[]> starts = decoding.starts();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < starts.size(); i++) {
            rows.add(new Row(starts.get(i), new SplittableRandom(options.seed() + i)));
        }
        double[][] scores = decoding.first();
        while (true) {
            for (int i = 0; i < scores.length; i++) {
                rows.get(i).add(scores[i], options, stop);
            }
            if (decoding.isFull() || rows.stream().allMatch(row -> row.ended || row.added == options.newTokens())) {
                return rows.stream().map(Row::newTokens).toList();
            }
            scores = decoding.next(rows.stream().mapToLong(Row::last).toArray());
        }
    }

    /** A sequence of a batch. */
    private static final class Row {
        private final SplittableRandom chance;
        private final int start;
        private int[] tokens;
        private int added;
        private boolean ended;

        Row(int[] prompt, SplittableRandom chance) {
            this.chance = chance;
            tokens = prompt;
            start = prompt.length;
        }

        void add(double[] scores, GenerationOptions options, List<Integer> stop) {
            if (!ended) {
                int token = options.choose(scores, tokens, chance);
                tokens = Arrays.copyOf(tokens, tokens.length + 1);
                tokens[tokens.length - 1] = token;
                added++;
                ended = stop.contains(token);
            }
        }

        /**
         * The token that the model reads next; for a sequence that has ended, its last token again, whose scores are
         * not used.
         */
        long last() {
            return tokens[tokens.length - 1];
        }

        int[] newTokens() {
            return Arrays.copyOfRange(tokens, start, tokens.length);
        }
    }

    /**
     * {@return the best continuations of a prompt by beam search, best first, each with the prompt before it}
     *
     * @param model the model
     * @param prompt the text or tokens to continue
     * @param options the generation options
     */
    public static List<Beam> beams(CausalLM model, int[] prompt, BeamOptions options) {
        try (Decoding decoding = Decoding.of(model, List.of(prompt), options.newTokens())) {
            return new BeamSearch(decoding, options, stop(model, options.stopTokens())).run();
        }
    }

    /**
     * {@return the best answers to a text by beam search, best first, each with the decoder's first token before it}
     *
     * @param model the model
     * @param ids tokens, {@code [n, l]} of I64
     * @param mask 0 for padding; or null if there is none
     * @param options the generation options
     */
    public static List<Beam> beams(Seq2SeqLM model, Tensor ids, @Nullable Tensor mask, BeamOptions options) {
        try (Decoding decoding = Decoding.of(model, ids, mask, options.newTokens())) {
            return new BeamSearch(decoding, options, stop(model, options.stopTokens())).run();
        }
    }
}
