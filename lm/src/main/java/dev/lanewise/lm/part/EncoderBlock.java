package dev.lanewise.lm.part;

import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.prune.Prunable;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Attention and feed-forward layers of encoders, with layer norms after each part (BERT) or before it (ViT). */
public final class EncoderBlock extends Part implements Prunable {
    private final Spec spec;
    private final WeightLayer query;
    private final WeightLayer key;
    private final WeightLayer value;
    private final WeightLayer attended;
    private final LayerNorm attentionNorm;
    private final WeightLayer inner;
    private final WeightLayer outer;
    private final LayerNorm outputNorm;

    /**
     * Names of the members.
     *
     * @param query the name of the layer for queries
     * @param key that of the layer for keys
     * @param value that of the layer for values
     * @param attended that of the layer after attention
     * @param attentionNorm that of the norm after, or before, attention
     * @param inner that of the first feed-forward layer
     * @param outer that of the second
     * @param outputNorm that of the norm after, or before, these
     */
    public record Names(
            String query,
            String key,
            String value,
            String attended,
            String attentionNorm,
            String inner,
            String outer,
            String outputNorm) {}

    /**
     * The differences between blocks.
     *
     * @param names the names of the members
     * @param heads the number of attention heads
     * @param hidden the size of hidden states
     * @param innerSize the size between the feed-forward layers
     * @param function the activation between them
     * @param epsilon added to variances
     * @param normFirst whether norms come before the parts
     * @param bias whether queries, keys and values have biases
     */
    public record Spec(
            Names names,
            Heads heads,
            int hidden,
            int innerSize,
            Gate function,
            double epsilon,
            boolean normFirst,
            boolean bias) {}

    /** A block. */
    public EncoderBlock(Weights weights, Spec spec) {
        this.spec = spec;
        Names names = spec.names;
        int hidden = spec.hidden;
        query = linear(weights, names.query, hidden, hidden, spec.bias);
        key = linear(weights, names.key, hidden, hidden, spec.bias);
        value = linear(weights, names.value, hidden, hidden, spec.bias);
        attended = linear(weights, names.attended, hidden, hidden, true);
        attentionNorm = layerNorm(weights, names.attentionNorm, hidden, spec.epsilon);
        inner = linear(weights, names.inner, hidden, spec.innerSize, true);
        outer = linear(weights, names.outer, spec.innerSize, hidden, true);
        outputNorm = layerNorm(weights, names.outputNorm, hidden, spec.epsilon);
    }

    /** The block's result. */
    public Tensor forward(Tensor x, Call call) {
        return called(() -> {
            if (spec.normFirst) {
                Tensor y = x.add(attention(attentionNorm.forward(x), call));
                return y.add(feedForward(outputNorm.forward(y)));
            }
            Tensor y = attentionNorm.forward(x.add(attention(x, call)));
            return outputNorm.forward(y.add(feedForward(y)));
        });
    }

    private Tensor attention(Tensor x, Call call) {
        Heads heads = spec.heads;
        Tensor q = heads.split(query.forward(x));
        Tensor k = heads.split(key.forward(x));
        Tensor v = heads.split(value.forward(x));
        return attended.forward(heads.join(heads.attend(q, k, v, call, 0)));
    }

    private Tensor feedForward(Tensor x) {
        return outer.forward(spec.function.apply(inner.forward(x)));
    }

    /** The heads, and what lies between the feed-forward layers. */
    @Override
    public List<Units> units() {
        int each = spec.heads.size();
        List<Units.Slices> heads = new ArrayList<>(Slicing.of(each, value, query, key));
        heads.add(Slicing.input(each, attended));
        List<Units.Slices> feedForward = new ArrayList<>(Slicing.of(1, inner));
        feedForward.add(Slicing.input(1, outer));
        return List.of(
                new Units("heads", Math.toIntExact(attended.in() / each), heads, List.of()),
                new Units("inner", Math.toIntExact(outer.in()), feedForward, List.of()));
    }
}
