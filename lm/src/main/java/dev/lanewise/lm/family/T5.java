package dev.lanewise.lm.family;

import dev.lanewise.lm.KvCache;
import dev.lanewise.lm.Seq2SeqLM;
import dev.lanewise.lm.part.Call;
import dev.lanewise.lm.part.Gate;
import dev.lanewise.lm.part.GatedFeedForward;
import dev.lanewise.lm.part.Heads;
import dev.lanewise.lm.part.Part;
import dev.lanewise.lm.part.RelativePositions;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.RmsNorm;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * T5 (Raffel et al. 2019, arXiv:1910.10683): an encoder and a decoder without biases, with relative positions that the
 * first layer computes for all, and unscaled scores.
 */
public final class T5 extends Seq2SeqLM {
    private static final Set<String> COPIES = Set.of("encoder.embed_tokens.weight", "decoder.embed_tokens.weight");

    private final Settings settings;
    private final Ends ends;
    private final Embedding words;
    private final Stack encoder;
    private final Stack decoder;
    private final WeightLayer head;

    /** Sizes and kinds. */
    private record Settings(
            int hidden,
            int inner,
            Heads heads,
            double epsilon,
            Gate function,
            boolean gated,
            int buckets,
            int distance) {}

    private T5(Settings settings, Tokens tokens, int encoders, int decoders, Ends ends, Weights weights) {
        super("t5", tokens);
        this.settings = settings;
        this.ends = ends;
        if (ends.tied) {
            weights.either("shared.weight", "lm_head.weight");
        }
        words = embedding(weights, "shared", tokens.vocabulary(), settings.hidden);
        encoder = child("encoder", new Stack(weights.at("encoder"), settings, encoders, false));
        decoder = child("decoder", new Stack(weights.at("decoder"), settings, decoders, true));
        head = ends.tied
                ? tied(weights, "lm_head", words)
                : linear(weights, "lm_head", settings.hidden, tokens.vocabulary(), false);
    }

    /**
     * The head: whether its weight is the table of embeddings, and whether the decoder's result is scaled before it.
     */
    private record Ends(boolean tied, boolean scaled) {}

    /** A model for a config.json. */
    public static T5 of(Config config, Weights weights) {
        config.only("is_decoder", false);
        config.only("is_encoder_decoder", true);
        config.ignore("dense_act_fn", "is_gated_act", "n_positions");
        String feedForward = config.text("feed_forward_proj", "relu");
        boolean gated = feedForward.startsWith("gated-");
        Gate function = switch (feedForward) {
            case "relu", "gated-relu" -> Gate.RELU;
            // as the published files of version 1.1 were trained
            case "gated-gelu" -> Gate.GELU_TANH;
            case "gelu" -> Gate.GELU;
            case "gelu_new" -> Gate.GELU_TANH;
            case "silu", "gated-silu" -> Gate.SILU;
            default -> throw config.refused("feed_forward_proj", "relu, gelu, silu, gated-gelu or gated-silu");
        };
        int heads = config.size("num_heads");
        int size = config.size("d_kv");
        int layers = config.layers("num_layers");
        int buckets = config.size("relative_attention_num_buckets", 32);
        int distance = config.size("relative_attention_max_distance", 128);
        if (buckets < 4 || distance <= buckets / 2) {
            throw config.refused("relative_attention_num_buckets", "from 4 to twice relative_attention_max_distance");
        }
        Settings settings = new Settings(
                config.size("d_model"),
                config.size("d_ff"),
                new Heads(heads, heads, size, 1, 0),
                config.number("layer_norm_epsilon", 1e-6),
                function,
                gated,
                buckets,
                distance);
        int padding = config.token("pad_token_id", 0);
        Tokens tokens = new Tokens(
                config.size("vocab_size"),
                config.token("decoder_start_token_id", padding),
                padding,
                config.tokens("eos_token_id"));
        boolean tied = config.flag("tie_word_embeddings", true);
        Ends ends = new Ends(tied, config.flag("scale_decoder_outputs", tied));
        int decoders = config.has("num_decoder_layers") ? config.layers("num_decoder_layers") : layers;
        config.ignore("num_decoder_layers");
        return new T5(settings, tokens, layers, decoders, ends, weights);
    }

    /** The name in the model for one in a file, which may contain the table of embeddings more than once. */
    public static @Nullable String modelName(String stored) {
        // a bias of positions between the two texts, which the first files had but nothing used
        boolean unused = stored.equals("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight");
        return unused || COPIES.contains(stored) ? null : stored;
    }

    @Override
    public @Nullable String nameOf(String stored) {
        return modelName(stored);
    }

    @Override
    protected Tensor encode(Tensor ids, @Nullable Tensor mask, @Nullable List<Tensor> inputs) {
        Call call = new Call(ids, mask, null, false, dtype());
        return encoder.forward(words.forward(ids), call, null, null, inputs);
    }

    @Override
    protected Tensor decode(
            Tensor encoded, @Nullable Tensor mask, Tensor ids, @Nullable KvCache cache, @Nullable List<Tensor> inputs) {
        Call call = new Call(ids, null, cache, true, dtype());
        Tensor hidden = mask == null ? null : Call.paddingMask(mask, dtype());
        Tensor decoded = decoder.forward(words.forward(ids), call, encoded, hidden, inputs);
        call.finish();
        return decoded;
    }

    @Override
    public Tensor head(Tensor decoded) {
        return head.forward(ends.scaled ? decoded.mul(Math.pow(settings.hidden, -0.5)) : decoded);
    }

    /** The encoder or the decoder. */
    private static final class Stack extends Part {
        private final LayerList<Block> blocks;
        private final RmsNorm norm;

        Stack(Weights weights, Settings settings, int layers, boolean decoder) {
            List<Block> all = new ArrayList<>();
            for (int i = 0; i < layers; i++) {
                all.add(new Block(weights.at("block." + i), settings, i, decoder));
            }
            blocks = place("block", new LayerList<>(all));
            norm = rmsNorm(weights, "final_layer_norm", settings.hidden, settings.epsilon);
        }

        Tensor forward(
                Tensor x,
                Call call,
                @Nullable Tensor encoded,
                @Nullable Tensor encodedMask,
                @Nullable List<Tensor> inputs) {
            Tensor bias = blocks.get(0).bias(call);
            Tensor y = x;
            for (Block block : blocks) {
                if (inputs != null) {
                    inputs.add(y);
                }
                y = block.forward(y, call, bias, encoded, encodedMask);
            }
            return norm.forward(y);
        }
    }

    /** Attention, in the decoder attention to the encoder's result, and feed-forward layers. */
    private static final class Block extends Part {
        private final int number;
        private final Attention self;
        private final RmsNorm selfNorm;
        private final @Nullable Attention cross;
        private final @Nullable RmsNorm crossNorm;
        private final Layer feedForward;
        private final RmsNorm feedForwardNorm;

        Block(Weights weights, Settings settings, int number, boolean decoder) {
            this.number = number;
            int hidden = settings.hidden;
            double epsilon = settings.epsilon;
            String path = "layer.0.SelfAttention";
            self = place(path, new Attention(weights.at(path), settings, number == 0, !decoder));
            selfNorm = rmsNorm(weights, "layer.0.layer_norm", hidden, epsilon);
            String crossPath = "layer.1.EncDecAttention";
            cross = decoder ? place(crossPath, new Attention(weights.at(crossPath), settings, false, false)) : null;
            crossNorm = decoder ? rmsNorm(weights, "layer.1.layer_norm", hidden, epsilon) : null;
            String last = decoder ? "layer.2" : "layer.1";
            String inner = last + ".DenseReluDense";
            feedForward = settings.gated
                    ? place(
                            inner,
                            new GatedFeedForward(
                                    weights.at(inner),
                                    new GatedFeedForward.Names("wi_0", "wi_1", "wo"),
                                    hidden,
                                    settings.inner,
                                    false,
                                    settings.function))
                    : place(inner, new FeedForward(weights.at(inner), settings));
            feedForwardNorm = rmsNorm(weights, last + ".layer_norm", hidden, epsilon);
        }

        Tensor bias(Call call) {
            return self.bias(call);
        }

        Tensor forward(Tensor x, Call call, Tensor bias, @Nullable Tensor encoded, @Nullable Tensor encodedMask) {
            return called(() -> {
                Tensor y = x.add(self.toItself(selfNorm.forward(x), bias, call.cache(), 2 * number));
                if (cross != null && crossNorm != null && encoded != null) {
                    y = y.add(cross.toOther(crossNorm.forward(y), encoded, encodedMask, call.cache(), 2 * number + 1));
                }
                return y.add(feedForward.forward(feedForwardNorm.forward(y)));
            });
        }
    }

    /** {@code wo(f(wi x))}. */
    private static final class FeedForward extends Part implements Prunable {
        private final WeightLayer inner;
        private final WeightLayer outer;
        private final Gate function;

        FeedForward(Weights weights, Settings settings) {
            function = settings.function;
            inner = linear(weights, "wi", settings.hidden, settings.inner, false);
            outer = linear(weights, "wo", settings.inner, settings.hidden, false);
        }

        @Override
        protected Tensor compute(Tensor x) {
            return outer.forward(function.apply(inner.forward(x)));
        }

        /** What lies between the layers. */
        @Override
        public List<Units> units() {
            return List.of(Units.between("inner", inner, outer));
        }
    }

    /** Attention without biases, in the first layer with the biases of relative positions. */
    private static final class Attention extends Part {
        private final Heads heads;
        private final WeightLayer q;
        private final WeightLayer k;
        private final WeightLayer v;
        private final WeightLayer o;
        private final @Nullable RelativePositions positions;

        Attention(Weights weights, Settings settings, boolean withPositions, boolean bothDirections) {
            heads = settings.heads;
            long hidden = settings.hidden;
            long all = (long) heads.queries() * heads.size();
            q = linear(weights, "q", hidden, all, false);
            k = linear(weights, "k", hidden, all, false);
            v = linear(weights, "v", hidden, all, false);
            o = linear(weights, "o", all, hidden, false);
            positions = withPositions
                    ? new RelativePositions(
                            embedding(weights, "relative_attention_bias", settings.buckets, heads.queries()),
                            settings.distance,
                            bothDirections)
                    : null;
        }

        Tensor bias(Call call) {
            if (positions == null) {
                throw new IllegalStateException("only the first layer has positions");
            }
            Tensor bias = positions.bias(call.past(), call.count());
            Tensor mask = call.mask(0);
            return mask == null ? bias : bias.add(mask);
        }

        Tensor toItself(Tensor x, Tensor bias, @Nullable KvCache cache, int entry) {
            return called(() -> {
                Tensor keys = heads.split(k.forward(x));
                Tensor values = heads.split(v.forward(x));
                if (cache != null) {
                    KvCache.Seen seen = cache.append(entry, keys, values);
                    keys = seen.keys();
                    values = seen.values();
                }
                return o.forward(heads.join(heads.attend(heads.split(q.forward(x)), keys, values, bias, false)));
            });
        }

        /** Keys and values of the encoder's result are computed once for all generated tokens. */
        Tensor toOther(Tensor x, Tensor encoded, @Nullable Tensor mask, @Nullable KvCache cache, int entry) {
            return called(() -> {
                KvCache.Seen seen = cache == null ? null : cache.fixed(entry);
                if (seen == null) {
                    Tensor keys = heads.split(k.forward(encoded));
                    Tensor values = heads.split(v.forward(encoded));
                    seen = cache == null ? new KvCache.Seen(keys, values) : cache.fix(entry, keys, values);
                }
                Tensor attended = heads.attend(heads.split(q.forward(x)), seen.keys(), seen.values(), mask, false);
                return o.forward(heads.join(attended));
            });
        }
    }
}
