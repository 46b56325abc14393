package dev.lanewise.nn.sequence;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/** A layer of a decoder, which attends to itself and to a memory; see {@link TransformerLayer}. */
public final class TransformerDecoderLayer extends TransformerLayer {
    /**
     * A layer with PyTorch's defaults, ReLU and normalization after each part, in which positions see only those up to
     * themselves; initialized from the global random stream.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads, a divisor of the width
     * @param feedForward the width of the feed-forward part
     * @param dropout the probability of dropout
     * @throws TensorException if the heads do not divide the width, a width is negative, or the probability is not from
     *     0 to 1
     */
    public TransformerDecoderLayer(long size, int heads, long feedForward, double dropout) {
        this(size, heads, feedForward, dropout, Rng.global());
    }

    /**
     * A layer with PyTorch's defaults, ReLU and normalization after each part, in which positions see only those up to
     * themselves.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads, a divisor of the width
     * @param feedForward the width of the feed-forward part
     * @param dropout the probability of dropout
     * @param rng the source of the initial values
     * @throws TensorException if the heads do not divide the width, a width is negative, or the probability is not from
     *     0 to 1
     */
    public TransformerDecoderLayer(long size, int heads, long feedForward, double dropout, Rng rng) {
        this(size, heads, feedForward, dropout, true, rng);
    }

    /**
     * A layer with ReLU and normalization after each part.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads, a divisor of the width
     * @param feedForward the width of the feed-forward part
     * @param dropout the probability of dropout
     * @param causal whether positions see only those up to themselves; PyTorch expects a {@code tgt_mask} for this
     * @param rng the source of the initial values
     * @throws TensorException if the heads do not divide the width, a width is negative, or the probability is not from
     *     0 to 1
     */
    public TransformerDecoderLayer(long size, int heads, long feedForward, double dropout, boolean causal, Rng rng) {
        super(new Config(size, heads, feedForward, dropout, Tensor::relu, false, causal, true), rng);
    }

    /**
     * Computes the layer for a target and the encoder's result.
     *
     * @param x the sequence so far, {@code [n, time, size]}
     * @param memory the encoder's result, {@code [n, s, size]}
     * @return {@code [n, time, size]}
     */
    public Tensor forward(Tensor x, Tensor memory) {
        return decode(x, memory);
    }

    /**
     * Decodes with a mask for the attention to the target and one for the attention to the memory.
     *
     * @param x {@code [n, time, size]}
     * @param memory the encoder's result, {@code [n, s, size]}
     * @param mask as for {@link MultiHeadAttention#selfAttention}, for scores {@code [n, heads, time, time]}; or null
     * @param memoryMask likewise for scores {@code [n, heads, time, s]}, for example a
     *     {@linkplain MultiHeadAttention#paddingMask padding mask}; or null
     * @return {@code [n, time, size]}
     */
    public Tensor forward(Tensor x, Tensor memory, @Nullable Tensor mask, @Nullable Tensor memoryMask) {
        return decode(x, memory, mask, memoryMask);
    }
}
