package dev.lanewise.lm.part;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What decoders of Llama's kind differ in.
 *
 * @param sizes of the parts
 * @param heads of attention
 * @param rope rotary positions
 * @param biases which linear layers have biases
 * @param norms how hidden states are normalized
 * @param function of the feed-forward layers
 * @param experts of a mixture, or null for a single feed-forward layer
 * @param windows how many tokens each layer's attention sees, 0 for all
 * @param output what embeddings and scores of tokens go through
 */
public record DecoderSpec(
        Sizes sizes,
        Heads heads,
        RopeFrequencies rope,
        Biases biases,
        Norms norms,
        Gate function,
        @Nullable Experts experts,
        List<Integer> windows,
        Output output) {
    /** The same with other rotary positions. */
    public DecoderSpec withRope(RopeFrequencies other) {
        return new DecoderSpec(sizes, heads, other, biases, norms, function, experts, windows, output);
    }

    /** Sizes: tokens known, elements of hidden states and inside feed-forward layers, layers, positions. */
    public record Sizes(int vocabulary, int hidden, int inner, int layers, int positions) {}

    /** Whether queries, keys and values, what follows attention, and the feed-forward layers have biases. */
    public record Biases(boolean inputs, boolean output, boolean feedForward) {
        /** None. */
        public static final Biases NONE = new Biases(false, false, false);
    }

    /**
     * Normalization.
     *
     * @param epsilon is added to mean squares
     * @param heads whether queries and keys are normalized, head by head
     * @param gemma whether weights are added to 1, and results of attention and feed-forward layers are normalized too
     */
    public record Norms(double epsilon, boolean heads, boolean gemma) {}

    /** A mixture: how many experts, and how many a token goes through. */
    public record Experts(int count, int chosen) {}

    /**
     * Embeddings and the head.
     *
     * @param tied whether the head's weight is the table of embeddings
     * @param embeddingScale what embeddings are multiplied by
     * @param cap what scores of tokens are kept below, or 0
     */
    public record Output(boolean tied, double embeddingScale, double cap) {}
}
