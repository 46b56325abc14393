package dev.lanewise.lm.part;

import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attention and feed-forward layers with residual connections, for Llama-like decoders. */
public final class DecoderLayer extends Part {
    private final SelfAttention attention;
    private final Layer feedForward;
    private final Layer attentionNorm;
    private final Layer feedForwardNorm;
    private final @Nullable Layer afterAttention;
    private final @Nullable Layer afterFeedForward;

    /** A layer. */
    public DecoderLayer(Weights weights, DecoderSpec spec, int number, Rotary rotary) {
        attention = child("self_attn", new SelfAttention(weights.at("self_attn"), spec, number, rotary));
        feedForward = spec.experts() == null
                ? child(
                        "mlp",
                        new GatedFeedForward(
                                weights.at("mlp"),
                                GatedFeedForward.Names.LLAMA,
                                spec.sizes().hidden(),
                                spec.sizes().inner(),
                                spec.biases().feedForward(),
                                spec.function()))
                : child(
                        "block_sparse_moe",
                        new ExpertMixture(
                                weights.at("block_sparse_moe"),
                                spec.experts().count(),
                                spec.experts().chosen(),
                                spec.sizes().hidden(),
                                spec.sizes().inner(),
                                spec.function()));
        boolean gemma = spec.norms().gemma();
        attentionNorm = norm(weights, "input_layernorm", spec);
        feedForwardNorm = norm(weights, gemma ? "pre_feedforward_layernorm" : "post_attention_layernorm", spec);
        afterAttention = gemma ? norm(weights, "post_attention_layernorm", spec) : null;
        afterFeedForward = gemma ? norm(weights, "post_feedforward_layernorm", spec) : null;
    }

    private Layer norm(Weights weights, String name, DecoderSpec spec) {
        return norm(this, weights, name, spec.sizes().hidden(), spec);
    }

    /** A norm of the kind that a family uses. */
    static Layer norm(Part parent, Weights weights, String name, int size, DecoderSpec spec) {
        double epsilon = spec.norms().epsilon();
        return spec.norms().gemma()
                ? parent.place(name, new OffsetRmsNorm(weights.at(name).offset("weight", size), epsilon))
                : parent.rmsNorm(weights, name, size, epsilon);
    }

    /** The layer's result for new tokens. */
    public Tensor forward(Tensor x, Call call) {
        return called(() -> {
            Tensor attended = attention.forward(attentionNorm.forward(x), call);
            Tensor y = x.add(afterAttention == null ? attended : afterAttention.forward(attended));
            Tensor fed = feedForward.forward(feedForwardNorm.forward(y));
            return y.add(afterFeedForward == null ? fed : afterFeedForward.forward(fed));
        });
    }

    /** Attention with rotary positions. */
    private static final class SelfAttention extends Part implements Prunable {
        private final int number;
        private final int window;
        private final Heads heads;
        private final Rotary rotary;
        private final WeightLayer queries;
        private final WeightLayer keys;
        private final WeightLayer values;
        private final WeightLayer output;
        private final @Nullable Layer queryNorm;
        private final @Nullable Layer keyNorm;

        SelfAttention(Weights weights, DecoderSpec spec, int number, Rotary rotary) {
            this.number = number;
            this.rotary = rotary;
            heads = spec.heads();
            window = spec.windows().get(number);
            long hidden = spec.sizes().hidden();
            long all = (long) heads.queries() * heads.size();
            long shared = (long) heads.keys() * heads.size();
            boolean bias = spec.biases().inputs();
            queries = linear(weights, "q_proj", hidden, all, bias);
            keys = linear(weights, "k_proj", hidden, shared, bias);
            values = linear(weights, "v_proj", hidden, shared, bias);
            output = linear(weights, "o_proj", all, hidden, spec.biases().output());
            boolean normal = spec.norms().heads();
            queryNorm = normal ? norm(this, weights, "q_norm", heads.size(), spec) : null;
            keyNorm = normal ? norm(this, weights, "k_norm", heads.size(), spec) : null;
        }

        Tensor forward(Tensor x, Call call) {
            return called(() -> {
                Rotary.Turn turn = call.turn(rotary);
                Tensor q = turn.apply(normal(queryNorm, heads.split(queries.forward(x))));
                Tensor k = turn.apply(normal(keyNorm, heads.split(keys.forward(x))));
                Tensor v = heads.split(values.forward(x));
                return output.forward(heads.join(call.attend(heads, number, q, k, v, window)));
            });
        }

        /** Heads of keys and values, with the heads of queries that share each. */
        @Override
        public List<Units> units() {
            int each = heads.size();
            int shared = heads.queries() / heads.keys() * each;
            List<Units.Slices> slices = new ArrayList<>(Slicing.of(each, values, keys));
            slices.addAll(Slicing.of(shared, queries));
            slices.add(Slicing.input(shared, output));
            return List.of(new Units("heads", Math.toIntExact(output.in() / shared), slices, List.of()));
        }

        private static Tensor normal(@Nullable Layer norm, Tensor x) {
            return norm == null ? x : norm.forward(x);
        }
    }
}
