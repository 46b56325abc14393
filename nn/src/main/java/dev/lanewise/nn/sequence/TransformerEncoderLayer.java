package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/** A layer of an encoder; see {@link TransformerLayer}. Several of them in a {@link Sequential} form an encoder. */
public final class TransformerEncoderLayer extends TransformerLayer {
    /**
     * A layer with PyTorch's defaults: ReLU, normalization after each part, no mask; initialized from the global
     * random stream.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads, a divisor of the width
     * @param feedForward the width of the feed-forward part
     * @param dropout the probability of dropout
     * @throws TensorException if the heads do not divide the width, a width is negative, or the probability is not from
     *     0 to 1
     */
    public TransformerEncoderLayer(long size, int heads, long feedForward, double dropout) {
        this(size, heads, feedForward, dropout, Rng.global());
    }

    /**
     * A layer with PyTorch's defaults: ReLU, normalization after each part, no mask.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads, a divisor of the width
     * @param feedForward the width of the feed-forward part
     * @param dropout the probability of dropout
     * @param rng the source of the initial values
     * @throws TensorException if the heads do not divide the width, a width is negative, or the probability is not from
     *     0 to 1
     */
    public TransformerEncoderLayer(long size, int heads, long feedForward, double dropout, Rng rng) {
        super(new Config(size, heads, feedForward, dropout, Tensor::relu, false, false, false), rng);
    }

    /**
     * The layer's result with a mask that hides some positions.
     *
     * @param x {@code [n, time, size]}
     * @param mask as for {@link MultiHeadAttention#selfAttention}, for scores {@code [n, heads, time, time]}, for
     *     example a {@linkplain MultiHeadAttention#paddingMask padding mask}; or null
     * @return {@code [n, time, size]}
     */
    public Tensor forward(Tensor x, @Nullable Tensor mask) {
        return called(() -> encode(x, mask));
    }
}
