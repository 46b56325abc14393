package dev.lanewise.nn.sequence;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A layer of a decoder, which attends to itself and to a memory; see {@link TransformerLayer}. */
public final class TransformerDecoderLayer extends TransformerLayer {
    /** With PyTorch's defaults, ReLU and normalization after each part, and positions that see only those up to themselves. */
    public TransformerDecoderLayer(long size, int heads, long feedForward, double dropout, Rng rng) {
        this(size, heads, feedForward, dropout, true, rng);
    }

    /**
     * With ReLU and normalization after each part.
     *
     * @param causal whether positions see only those up to themselves; PyTorch asks for a {@code tgt_mask} to this end
     */
    public TransformerDecoderLayer(long size, int heads, long feedForward, double dropout, boolean causal, Rng rng) {
        super(new Config(size, heads, feedForward, dropout, Tensor::relu, false, causal, true), rng);
    }

    /**
     * The layer's result.
     *
     * @param x the sequence so far, {@code [n, time, size]}
     * @param memory what the encoder made, {@code [n, s, size]}
     */
    public Tensor forward(Tensor x, Tensor memory) {
        return decode(x, memory);
    }

    /** As {@link #forward(Tensor, Tensor)}, with masks; see {@link #decode(Tensor, Tensor, Tensor, Tensor)}. */
    public Tensor forward(Tensor x, Tensor memory, @Nullable Tensor mask, @Nullable Tensor memoryMask) {
        return decode(x, memory, mask, memoryMask);
    }
}
