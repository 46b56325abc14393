package dev.lanewise.lm.family;

import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.part.Call;
import dev.lanewise.lm.part.DecoderLayer;
import dev.lanewise.lm.part.DecoderSpec;
import dev.lanewise.lm.part.OffsetRmsNorm;
import dev.lanewise.lm.part.Rotary;
import dev.lanewise.lm.quant.QuantizedEmbedding;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Llama-like decoders: rotary positions, root-mean-square norms before each part, gated feed-forward layers. */
public final class LlamaDecoder extends CausalLM {
    private final DecoderSpec spec;
    private final Rotary rotary;
    private final Layer embedding;
    private final LayerList<DecoderLayer> layers;
    private final Layer norm;
    private final WeightLayer head;

    /** A model of a family. */
    public LlamaDecoder(String family, DecoderSpec spec, Weights weights) {
        super(family, spec.sizes().vocabulary(), spec.sizes().positions());
        this.spec = spec;
        int hidden = spec.sizes().hidden();
        if (spec.output().tied()) {
            weights.either("model.embed_tokens.weight", "lm_head.weight");
        }
        embedding = table(weights, "model.embed_tokens", spec.sizes().vocabulary(), hidden);
        rotary = new Rotary(spec.rope());
        List<DecoderLayer> all = new ArrayList<>();
        for (int i = 0; i < spec.sizes().layers(); i++) {
            all.add(new DecoderLayer(weights.at("model.layers." + i), spec, i, rotary));
        }
        layers = place("model.layers", new LayerList<>(all));
        norm = spec.norms().gemma()
                ? place(
                        "model.norm",
                        new OffsetRmsNorm(
                                weights.at("model.norm").offset("weight", hidden),
                                spec.norms().epsilon()))
                : rmsNorm(weights, "model.norm", hidden, spec.norms().epsilon());
        head = spec.output().tied()
                ? tied(weights, "lm_head", embedding)
                : linear(weights, "lm_head", hidden, spec.sizes().vocabulary(), false);
    }

    /** The name in the model for one in a file. */
    public static @Nullable String modelName(String stored) {
        if (stored.endsWith(".rotary_emb.inv_freq")) {
            return null;
        }
        return stored.startsWith("model.") || stored.startsWith("lm_head.") ? stored : "model." + stored;
    }

    @Override
    public @Nullable String nameOf(String stored) {
        return modelName(stored);
    }

    @Override
    protected Tensor embed(Tensor ids, Call call) {
        call.prepare(rotary, spec.windows());
        Tensor x = embedding.forward(ids);
        if (embedding instanceof QuantizedEmbedding) {
            // its rows are F32 whatever type the model computes in
            x = x.to(call.dtype());
        }
        double scale = spec.output().embeddingScale();
        return scale == 1 ? x : x.mul(scale);
    }

    @Override
    public int layerCount() {
        return layers.size();
    }

    @Override
    protected Tensor layer(int number, Tensor x, Call call) {
        return layers.get(number).forward(x, call);
    }

    @Override
    protected Tensor normalize(Tensor x) {
        return norm.forward(x);
    }

    @Override
    public Tensor head(Tensor hidden) {
        Tensor scores = head.forward(hidden);
        double cap = spec.output().cap();
        return cap == 0 ? scores : scores.div(cap).tanh().mul(cap);
    }
}
