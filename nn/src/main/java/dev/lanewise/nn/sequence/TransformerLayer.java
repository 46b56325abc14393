package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A layer of a transformer over {@code [n, time, size]} (Vaswani et al. 2017, arXiv:1706.03762), with the names of
 * PyTorch's TransformerEncoderLayer, or, with a memory to attend to, its TransformerDecoderLayer.
 * {@link TransformerEncoderLayer} and {@link TransformerDecoderLayer} have PyTorch's defaults.
 */
public sealed class TransformerLayer extends Layer implements Prunable
        permits TransformerEncoderLayer, TransformerDecoderLayer {
    /**
     * The sizes and options of a layer.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads
     * @param feedForward the width of the feed-forward part
     * @param dropout the probability of dropout: of attention weights, inside the feed-forward part, and of each part's
     *     result before it is added, as in PyTorch
     * @param activation the elementwise function of the feed-forward part, such as {@code Tensor::gelu}
     * @param normFirst whether normalization comes before each part rather than after it
     * @param causal whether a position sees only those up to itself
     * @param decoder whether the layer also attends to a memory
     */
    public record Config(
            long size,
            int heads,
            long feedForward,
            double dropout,
            UnaryOperator<Tensor> activation,
            boolean normFirst,
            boolean causal,
            boolean decoder) {
        /** Holds the given values, none of which may be null. */
        public Config {
            Objects.requireNonNull(activation, "activation");
        }

        /**
         * An encoder's layer with GELU, normalization first.
         *
         * @param size the width of the sequence
         * @param heads the number of attention heads, a divisor of the width
         * @param feedForward the width of the feed-forward part
         * @param dropout the probability of dropout
         * @return the configuration
         */
        public static Config encoder(long size, int heads, long feedForward, double dropout) {
            return new Config(size, heads, feedForward, dropout, Tensor::gelu, true, false, false);
        }

        /**
         * The same configuration with positions that see only those up to themselves.
         *
         * @return the configuration
         */
        public Config masked() {
            return new Config(size, heads, feedForward, dropout, activation, normFirst, true, decoder);
        }
    }

    private final Config config;
    private final MultiHeadAttention selfAttention;
    private final @Nullable MultiHeadAttention crossAttention;
    private final Linear linear1;
    private final Linear linear2;
    private final LayerNorm norm1;
    private final LayerNorm norm2;
    private final @Nullable LayerNorm norm3;
    private final Dropout dropout;

    /**
     * A layer of the given sizes and options, initialized from the global random stream.
     *
     * @param config sizes and options
     * @throws TensorException if a size is negative or above 2^48, or the heads don't divide the size
     */
    public TransformerLayer(Config config) {
        this(config, Rng.global());
    }

    /**
     * A layer of the given sizes and options, with fresh weights.
     *
     * @param config sizes and options
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or above 2^48, or the heads don't divide the size
     */
    public TransformerLayer(Config config, Rng rng) {
        LayerSizes.checked("transformer_layer", "size", config.size);
        LayerSizes.checked("transformer_layer", "feedForward", config.feedForward);
        this.config = config;
        selfAttention = child("self_attn", attention(config, rng));
        crossAttention = config.decoder ? child("multihead_attn", attention(config, rng)) : null;
        linear1 = child("linear1", new Linear(config.size, config.feedForward, rng));
        linear2 = child("linear2", new Linear(config.feedForward, config.size, rng));
        norm1 = child("norm1", new LayerNorm(config.size));
        norm2 = child("norm2", new LayerNorm(config.size));
        norm3 = config.decoder ? child("norm3", new LayerNorm(config.size)) : null;
        dropout = child("dropout", new Dropout(config.dropout));
    }

    private static MultiHeadAttention attention(Config config, Rng rng) {
        return new MultiHeadAttention(config.size, config.heads, null, config.dropout, rng);
    }

    /** Computes an encoder's layer without a mask. */
    @Override
    protected Tensor compute(Tensor x) {
        return encode(x, null);
    }

    /**
     * Computes an encoder's layer.
     *
     * @param mask as for {@link MultiHeadAttention#selfAttention}, for scores {@code [n, heads, time, time]}; or null
     */
    final Tensor encode(Tensor x, @Nullable Tensor mask) {
        if (config.decoder) {
            throw new TensorException("transformer_layer: a decoder's called without memory (expected x and memory);"
                    + " call decode, or pass decoder = false");
        }
        Tensor y = attend(x, mask);
        return config.normFirst ? y.add(feedForward(norm2.forward(y))) : norm2.forward(y.add(feedForward(y)));
    }

    /**
     * Computes a decoder's layer for a target and the encoder's result, without padding masks.
     *
     * @param x {@code [n, time, size]}
     * @param memory the encoder's result, {@code [n, s, size]}
     * @return {@code [n, time, size]}
     */
    public final Tensor decode(Tensor x, Tensor memory) {
        return decode(x, memory, null, null);
    }

    /**
     * Computes a decoder's layer for a target and the encoder's result, with masks for either.
     *
     * @param x {@code [n, time, size]}
     * @param memory the encoder's result, {@code [n, s, size]}
     * @param mask as for {@link MultiHeadAttention#selfAttention}, for scores {@code [n, heads, time, time]}; or null
     * @param memoryMask likewise, for the memory's scores {@code [n, heads, time, s]}; or null
     * @return {@code [n, time, size]}
     * @throws TensorException if this is an encoder's layer, which has no attention to a memory
     */
    public final Tensor decode(Tensor x, Tensor memory, @Nullable Tensor mask, @Nullable Tensor memoryMask) {
        if (crossAttention == null || norm3 == null) {
            throw new TensorException(
                    "transformer_layer: an encoder's called with memory (expected x alone); pass decoder = true");
        }
        MultiHeadAttention cross = crossAttention;
        LayerNorm last = norm3;
        return called(() -> {
            Tensor y = attend(x, mask);
            Tensor seen = config.normFirst ? norm2.forward(y) : y;
            Tensor sum = y.add(dropout.forward(cross.crossAttention(seen, memory, memoryMask)));
            Tensor z = config.normFirst ? sum : norm2.forward(sum);
            return config.normFirst ? z.add(feedForward(last.forward(z))) : last.forward(z.add(feedForward(z)));
        });
    }

    private Tensor attend(Tensor x, @Nullable Tensor mask) {
        Tensor seen = config.normFirst ? norm1.forward(x) : x;
        Tensor sum = x.add(dropout.forward(selfAttention.selfAttention(seen, mask, config.causal)));
        return config.normFirst ? sum : norm1.forward(sum);
    }

    private Tensor feedForward(Tensor x) {
        Tensor inner = dropout.forward(config.activation.apply(linear1.forward(x)));
        return dropout.forward(linear2.forward(inner));
    }

    /** What lies between the two layers of the feed-forward part. */
    @Override
    public final List<Units> units() {
        return List.of(Units.between("feed_forward", linear1, linear2));
    }
}
