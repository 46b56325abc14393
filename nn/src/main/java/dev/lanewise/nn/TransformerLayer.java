package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Unary;
import org.jspecify.annotations.Nullable;

/**
 * A layer of a transformer over {@code [n, time, size]} (Vaswani et al. 2017, arXiv:1706.03762), with the names of
 * PyTorch's TransformerEncoderLayer, or, with a memory to attend to, its TransformerDecoderLayer.
 */
public final class TransformerLayer extends Module {
    /**
     * What a layer is made of.
     *
     * @param size the width of the sequence
     * @param heads the number of attention heads
     * @param feedForward the width in between
     * @param dropout the probability of dropout
     * @param activation the function in between
     * @param normFirst whether normalization comes before, not after, each part
     * @param causal whether a position sees only those up to itself
     * @param decoder whether the layer also attends to a memory
     */
    public record Config(
            long size,
            int heads,
            long feedForward,
            double dropout,
            Unary activation,
            boolean normFirst,
            boolean causal,
            boolean decoder) {
        /** An encoder's layer with GELU, normalization first. */
        public static Config encoder(long size, int heads, long feedForward, double dropout) {
            return new Config(size, heads, feedForward, dropout, Unary.GELU, true, false, false);
        }

        /** The same where positions see only those up to themselves. */
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

    /** A layer. */
    public TransformerLayer(Config config, Rng rng) {
        this.config = config;
        selfAttention = child("self_attn", new MultiHeadAttention(config.size, config.heads, rng));
        crossAttention =
                config.decoder ? child("multihead_attn", new MultiHeadAttention(config.size, config.heads, rng)) : null;
        linear1 = child("linear1", new Linear(config.size, config.feedForward, rng));
        linear2 = child("linear2", new Linear(config.feedForward, config.size, rng));
        norm1 = child("norm1", new LayerNorm(config.size));
        norm2 = child("norm2", new LayerNorm(config.size));
        norm3 = config.decoder ? child("norm3", new LayerNorm(config.size)) : null;
        dropout = child("dropout", new Dropout(config.dropout));
    }

    /** An encoder's layer. */
    @Override
    protected Tensor compute(Tensor x) {
        Tensor y = attend(x);
        return config.normFirst ? y.add(feedForward(norm2.forward(y))) : norm2.forward(y.add(feedForward(y)));
    }

    /**
     * A decoder's layer.
     *
     * @param memory what the encoder made, {@code [n, s, size]}
     */
    public Tensor decode(Tensor x, Tensor memory) {
        if (crossAttention == null || norm3 == null) {
            throw new IllegalStateException("transformer layer: made without memory; pass decoder = true");
        }
        Tensor y = attend(x);
        if (config.normFirst) {
            Tensor z = y.add(dropout.forward(crossAttention.crossAttention(norm2.forward(y), memory, null)));
            return z.add(feedForward(norm3.forward(z)));
        }
        Tensor z = norm2.forward(y.add(dropout.forward(crossAttention.crossAttention(y, memory, null))));
        return norm3.forward(z.add(feedForward(z)));
    }

    private Tensor attend(Tensor x) {
        Tensor seen = config.normFirst ? norm1.forward(x) : x;
        Tensor sum = x.add(dropout.forward(selfAttention.selfAttention(seen, null, config.causal)));
        return config.normFirst ? sum : norm1.forward(sum);
    }

    private Tensor feedForward(Tensor x) {
        Tensor inner = dropout.forward(linear1.forward(x).apply(config.activation));
        return dropout.forward(linear2.forward(inner));
    }
}
