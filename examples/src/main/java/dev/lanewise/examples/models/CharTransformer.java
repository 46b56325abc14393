package dev.lanewise.examples.models;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.TransformerLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Predicts every next character of a text from the previous ones: a causal transformer of layers that normalize first
 * (Radford et al. 2019, "Language models are unsupervised multitask learners") with learned positions.
 * {@code [n, time]} of {@code I64} to logits {@code [n, time, vocabulary]}, where time is the context or less. Layers
 * are named as in PyTorch's TransformerEncoder: {@code layers.0.self_attn.in_proj_weight}.
 */
public final class CharTransformer extends Layer {
    /**
     * The sizes of a network.
     *
     * @param vocabulary how many characters there are
     * @param context how many characters it sees at most
     * @param size the width of the sequence
     * @param heads the number of attention heads; must divide the width
     * @param feedForward the width inside a layer
     * @param layers how many layers
     * @param dropout the probability of dropout in the layers
     */
    public record Config(
            long vocabulary, long context, long size, int heads, long feedForward, int layers, double dropout) {}

    private final long context;
    private final Layer tokens;
    private final Layer positions;
    private final Layer layers;
    private final Layer head;

    /** A network. */
    public CharTransformer(Config config, Rng rng) {
        context = config.context;
        tokens = child("tokens", new Embedding(config.vocabulary, config.size, rng));
        positions = child("positions", new Embedding(config.context, config.size, rng));
        TransformerLayer.Config layer = TransformerLayer.Config.encoder(
                        config.size, config.heads, config.feedForward, config.dropout)
                .masked();
        Layer[] stack = new Layer[config.layers];
        for (int i = 0; i < stack.length; i++) {
            stack[i] = new TransformerLayer(layer, rng);
        }
        layers = child("layers", new Sequential(stack));
        head = child("head", new Linear(config.size, config.vocabulary, rng));
    }

    @Override
    protected Tensor compute(Tensor text) {
        long time = text.shape().size(-1);
        if (time > context) {
            throw new TensorException("char transformer: a text of " + time + " characters (expected " + context
                    + " or fewer); cut it, or make the context longer");
        }
        Tensor place = positions.forward(Tensor.arange(time, DType.I64, text.device()));
        return head.forward(layers.forward(tokens.forward(text).add(place)));
    }
}
