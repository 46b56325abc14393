package dev.lanewise.nn.sequence;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The whole Transformer (Vaswani et al. 2017, arXiv:1706.03762), an encoder and a decoder with a normalization at the end of
 * each, under PyTorch's names: {@code encoder.layers.0.self_attn.in_proj_weight}, {@code decoder.norm.weight}. Sequences are
 * {@code [n, time, size]}, PyTorch's with {@code batch_first}. Embeddings and output layer are the caller's.
 *
 * <pre>{@code
 * var transformer = new Transformer(Transformer.Config.of(512, 8), rng);
 * Tensor logits = head.forward(transformer.forward(embed(source), embed(target)));
 * }</pre>
 */
public final class Transformer extends Layer {
    /**
     * The sizes and options of a Transformer.
     *
     * @param size the width of the sequences
     * @param heads the number of attention heads, a divisor of the width
     * @param encoders the number of the encoder's layers
     * @param decoders the number of the decoder's layers
     * @param feedForward the width in between
     * @param dropout the probability of dropout
     * @param activation the elementwise function in between
     * @param normFirst whether normalization comes before, not after, each part
     * @param causal whether a position of the target sees only those up to itself; PyTorch asks for a {@code tgt_mask} to this
     *     end
     */
    public record Config(
            long size,
            int heads,
            int encoders,
            int decoders,
            long feedForward,
            double dropout,
            UnaryOperator<Tensor> activation,
            boolean normFirst,
            boolean causal) {
        /**
         * Checks the numbers of layers.
         *
         * @throws TensorException if a number of layers is negative
         */
        public Config {
            Objects.requireNonNull(activation, "activation");
            if (encoders < 0 || decoders < 0) {
                throw new TensorException("transformer: " + encoders + " encoder and " + decoders
                        + " decoder layers (expected 0 or more); check them");
            }
        }

        /**
         * PyTorch's defaults: six layers each, 2048 in between, dropout of 0.1, ReLU, normalization after each part; the target
         * is seen up to each position.
         *
         * @param size the width of the sequences
         * @param heads the number of attention heads, a divisor of the width
         * @return the configuration
         */
        public static Config of(long size, int heads) {
            return new Config(size, heads, 6, 6, 2048, 0.1, Tensor::relu, false, true);
        }

        private TransformerLayer.Config layer(boolean decoder) {
            return new TransformerLayer.Config(
                    size, heads, feedForward, dropout, activation, normFirst, decoder && causal, decoder);
        }
    }

    /** Layers one after the other, and a normalization. */
    private static final class Stack extends Layer {
        private final LayerList<TransformerLayer> layers;
        private final LayerNorm norm;

        Stack(Config config, int count, boolean decoder, Rng rng) {
            layers = child(
                    "layers",
                    new LayerList<>(IntStream.range(0, count)
                            .mapToObj(i -> new TransformerLayer(config.layer(decoder), rng))
                            .toList()));
            norm = child("norm", new LayerNorm(config.size));
        }

        Tensor encode(Tensor source, @Nullable Tensor mask) {
            return called(() -> {
                Tensor y = source;
                for (TransformerLayer layer : layers) {
                    y = layer.encode(y, mask);
                }
                return norm.forward(y);
            });
        }

        Tensor decode(Tensor target, Tensor memory, @Nullable Tensor mask, @Nullable Tensor memoryMask) {
            return called(() -> {
                Tensor y = target;
                for (TransformerLayer layer : layers) {
                    y = layer.decode(y, memory, mask, memoryMask);
                }
                return norm.forward(y);
            });
        }
    }

    private final Stack encoder;
    private final Stack decoder;

    /**
     * A Transformer of the given sizes, initialized from the global random stream.
     *
     * @param config sizes and options
     */
    public Transformer(Config config) {
        this(config, Rng.global());
    }

    /**
     * A Transformer of the given sizes, with fresh weights.
     *
     * @param config sizes and options
     * @param rng gives the initial values
     */
    public Transformer(Config config, Rng rng) {
        encoder = child("encoder", new Stack(config, config.encoders, false, rng));
        decoder = child("decoder", new Stack(config, config.decoders, true, rng));
    }

    /**
     * Encodes a source and decodes a target that is known, as in training: the target's hidden states.
     *
     * @param source what is read, {@code [n, s, size]}
     * @param target what is written so far, {@code [n, t, size]}
     * @return {@code [n, t, size]}
     */
    public Tensor forward(Tensor source, Tensor target) {
        return called(() -> decode(target, encode(source, null), null, null));
    }

    /**
     * As {@link #forward(Tensor, Tensor)}, where some positions of the source are not seen.
     *
     * @param source what is read, {@code [n, s, size]}
     * @param target what is written so far, {@code [n, t, size]}
     * @param sourceMask for the encoder's scores {@code [n, heads, s, s]} and the decoder's {@code [n, heads, t, s]}, for example
     *     a {@linkplain MultiHeadAttention#paddingMask padding mask}; or null
     * @param targetMask for scores {@code [n, heads, t, t]}, or null
     * @return {@code [n, t, size]}
     */
    public Tensor forward(Tensor source, Tensor target, @Nullable Tensor sourceMask, @Nullable Tensor targetMask) {
        return called(() -> decode(target, encode(source, sourceMask), targetMask, sourceMask));
    }

    /**
     * What the encoder makes of a source: the memory that the decoder attends to.
     *
     * @param source {@code [n, s, size]}
     * @param mask for scores {@code [n, heads, s, s]}, or null
     * @return {@code [n, s, size]}
     */
    public Tensor encode(Tensor source, @Nullable Tensor mask) {
        return encoder.encode(source, mask);
    }

    /**
     * What the decoder makes of a target and a memory.
     *
     * @param target {@code [n, t, size]}
     * @param memory what {@link #encode} gave, {@code [n, s, size]}
     * @param mask for scores {@code [n, heads, t, t]}, or null
     * @param memoryMask for scores {@code [n, heads, t, s]}, or null
     * @return {@code [n, t, size]}
     */
    public Tensor decode(Tensor target, Tensor memory, @Nullable Tensor mask, @Nullable Tensor memoryMask) {
        return decoder.decode(target, memory, mask, memoryMask);
    }
}
