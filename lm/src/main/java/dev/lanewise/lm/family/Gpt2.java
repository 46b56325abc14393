package dev.lanewise.lm.family;

import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.part.Call;
import dev.lanewise.lm.part.Conv1D;
import dev.lanewise.lm.part.Gate;
import dev.lanewise.lm.part.Heads;
import dev.lanewise.lm.part.Part;
import dev.lanewise.lm.part.Slicing;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2 (Radford et al. 2019): learned positions, layer norms, one product for queries, keys and values, weights [in,
 * out].
 */
public final class Gpt2 extends CausalLM {
    private static final Pattern MASK = Pattern.compile("(transformer\\.)?h\\.\\d+\\.attn\\.(bias|masked_bias)");

    private final Embedding tokens;
    private final Embedding places;
    private final LayerList<Block> blocks;
    private final LayerNorm norm;
    private final WeightLayer head;

    /** The settings that the blocks share. */
    private record Settings(int hidden, int inner, Heads heads, double epsilon, Gate function, boolean byLayer) {}

    private Gpt2(int vocabulary, int positions, int layers, Settings settings, boolean tied, Weights weights) {
        super("gpt2", vocabulary, positions);
        int hidden = settings.hidden;
        if (tied) {
            weights.either("transformer.wte.weight", "lm_head.weight");
        }
        tokens = embedding(weights, "transformer.wte", vocabulary, hidden);
        places = embedding(weights, "transformer.wpe", positions, hidden);
        List<Block> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            all.add(new Block(weights.at("transformer.h." + i), settings, i));
        }
        blocks = place("transformer.h", new LayerList<>(all));
        norm = layerNorm(weights, "transformer.ln_f", hidden, settings.epsilon);
        head = tied ? tied(weights, "lm_head", tokens) : linear(weights, "lm_head", hidden, vocabulary, false);
    }

    /** A model for a config.json. */
    public static Gpt2 of(Config config, Weights weights) {
        int hidden = config.size("n_embd");
        int count = config.size("n_head");
        if (hidden % count != 0) {
            throw config.refused("n_head", "a number that divides n_embd, " + hidden);
        }
        // in single precision, the order and width of the scores' product make no difference
        config.ignore("reorder_and_upcast_attn");
        config.only("add_cross_attention", false);
        Heads plain = Heads.plain(count, hidden / count);
        Heads heads = config.flag("scale_attn_weights", true) ? plain : new Heads(count, count, hidden / count, 1, 0);
        Settings settings = new Settings(
                hidden,
                config.size("n_inner", 4 * hidden),
                heads,
                config.number("layer_norm_epsilon", 1e-5),
                Gate.of(config, "activation_function", "gelu_new"),
                config.flag("scale_attn_by_inverse_layer_idx", false));
        return new Gpt2(
                config.size("vocab_size"),
                config.size("n_positions"),
                config.layers("n_layer"),
                settings,
                config.flag("tie_word_embeddings", true),
                weights);
    }

    /**
     * The name in the model for one in a file: published files have no prefix, and store the causal masks as tensors.
     */
    public static @Nullable String modelName(String stored) {
        if (MASK.matcher(stored).matches()) {
            return null;
        }
        return stored.startsWith("transformer.") || stored.startsWith("lm_head.") ? stored : "transformer." + stored;
    }

    @Override
    public @Nullable String nameOf(String stored) {
        return modelName(stored);
    }

    @Override
    public long lengthLimit() {
        return positions();
    }

    @Override
    protected Tensor embed(Tensor ids, Call call) {
        call.prepare(null, List.of(0));
        return tokens.forward(ids).add(places.forward(call.positions()));
    }

    @Override
    public int layerCount() {
        return blocks.size();
    }

    @Override
    protected Tensor layer(int number, Tensor x, Call call) {
        return blocks.get(number).forward(x, call);
    }

    @Override
    protected Tensor normalize(Tensor x) {
        return norm.forward(x);
    }

    @Override
    public Tensor head(Tensor hidden) {
        return head.forward(hidden);
    }

    /** Attention and feed-forward layers. */
    private static final class Block extends Part implements Prunable {
        private final int number;
        private final Heads heads;
        private final Gate function;
        private final LayerNorm attentionNorm;
        private final Conv1D inputs;
        private final Conv1D output;
        private final LayerNorm feedForwardNorm;
        private final Conv1D inner;
        private final Conv1D outer;

        Block(Weights weights, Settings settings, int number) {
            this.number = number;
            Heads h = settings.heads;
            heads = settings.byLayer ? new Heads(h.queries(), h.keys(), h.size(), h.scale() / (number + 1), 0) : h;
            function = settings.function;
            int hidden = settings.hidden;
            attentionNorm = layerNorm(weights, "ln_1", hidden, settings.epsilon);
            inputs = conv1d(weights, "attn.c_attn", hidden, 3L * hidden);
            output = conv1d(weights, "attn.c_proj", hidden, hidden);
            feedForwardNorm = layerNorm(weights, "ln_2", hidden, settings.epsilon);
            inner = conv1d(weights, "mlp.c_fc", hidden, settings.inner);
            outer = conv1d(weights, "mlp.c_proj", settings.inner, hidden);
        }

        Tensor forward(Tensor x, Call call) {
            return called(() -> {
                Tensor y = x.add(attention(attentionNorm.forward(x), call));
                return y.add(outer.forward(function.apply(inner.forward(feedForwardNorm.forward(y)))));
            });
        }

        private Tensor attention(Tensor x, Call call) {
            Tensor all = inputs.forward(x);
            long size = all.shape().size(-1) / 3;
            Tensor q = heads.split(all.narrow(-1, 0, size));
            Tensor k = heads.split(all.narrow(-1, size, size));
            Tensor v = heads.split(all.narrow(-1, 2 * size, size));
            return output.forward(heads.join(call.attend(heads, number, q, k, v, 0)));
        }

        /** The heads, and what lies between the feed-forward layers. */
        @Override
        public List<Units> units() {
            int each = heads.size();
            List<Units.Slices> attention = new ArrayList<>(Slicing.results(inputs, each, 3));
            attention.add(Slicing.input(each, output));
            List<Units.Slices> feedForward = new ArrayList<>(Slicing.of(1, inner));
            feedForward.add(Slicing.input(1, outer));
            return List.of(
                    new Units("heads", Math.toIntExact(output.in() / each), attention, List.of()),
                    new Units("inner", Math.toIntExact(outer.in()), feedForward, List.of()));
        }
    }
}
