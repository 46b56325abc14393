package dev.lanewise.lm.part;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The differences between Llama-like decoders.
 *
 * @param sizes the sizes of the parts
 * @param heads the attention heads
 * @param rope the rotary positions
 * @param biases which linear layers have biases
 * @param norms how hidden states are normalized
 * @param function the activation of the feed-forward layers
 * @param experts the mixture of experts, or null for a single feed-forward layer
 * @param windows how many tokens each layer's attention sees, 0 for all
 * @param output the scaling of embeddings and scores of tokens
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
    /** This specification with other rotary positions. */
    public DecoderSpec withRope(RopeFrequencies other) {
        return new DecoderSpec(sizes, heads, other, biases, norms, function, experts, windows, output);
    }

    /** Sizes: tokens known, elements of hidden states and inside feed-forward layers, layers, positions. */
    public record Sizes(int vocabulary, int hidden, int inner, int layers, int positions) {}

    /** Whether queries, keys and values, the projection after attention, and the feed-forward layers have biases. */
    public record Biases(boolean inputs, boolean output, boolean feedForward) {
        /** None. */
        public static final Biases NONE = new Biases(false, false, false);
    }

    /**
     * Normalization.
     *
     * @param epsilon added to mean squares
     * @param heads whether queries and keys are normalized, head by head
     * @param gemma whether weights are added to 1, and results of attention and feed-forward layers are normalized too
     */
    public record Norms(double epsilon, boolean heads, boolean gemma) {}

    /** A mixture of experts: how many there are, and how many a token passes through. */
    public record Experts(int count, int chosen) {}

    /**
     * Embeddings and the head.
     *
     * @param tied whether the head's weight is the table of embeddings
     * @param embeddingScale what embeddings are multiplied by
     * @param cap the bound that scores of tokens are kept below, or 0 for none
     */
    public record Output(boolean tied, double embeddingScale, double cap) {}
}
