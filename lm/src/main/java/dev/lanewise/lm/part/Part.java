package dev.lanewise.lm.part;

import dev.lanewise.lm.quant.QuantizedLinear;
import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.RmsNorm;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.sequence.Embedding;
import java.util.HashMap;
import java.util.Map;

/**
 * A layer that takes its members from {@link Weights} and names them by paths with points, as checkpoints do; where a path
 * leads through names that are no layers of their own, it makes {@link Group}s of them.
 */
public abstract class Part extends Layer {
    private final Map<String, Group> groups = new HashMap<>();

    /** For subclasses. */
    protected Part() {}

    /**
     * Registers a layer under a path.
     *
     * @param <M> the layer's class
     * @param path the name in the checkpoint, with points
     * @param layer the layer
     * @return the layer
     */
    protected final <M extends Layer> M place(String path, M layer) {
        int point = path.indexOf('.');
        if (point < 0) {
            return child(path, layer);
        }
        String first = path.substring(0, point);
        Group group = groups.get(first);
        if (group == null) {
            group = child(first, new Group());
            groups.put(first, group);
        }
        ((Part) group).place(path.substring(point + 1), layer);
        return layer;
    }

    /**
     * A linear layer with {@code PATH.weight [out, in]} and perhaps {@code PATH.bias [out]}.
     *
     * @param weights the weights
     * @param path the name in the checkpoint
     * @param in the number of inputs
     * @param out the number of outputs
     * @param bias whether there is a bias
     * @return a linear layer with {@code PATH.weight [out, in]} and perhaps {@code PATH.bias [out]}
     */
    protected final WeightLayer linear(Weights weights, String path, long in, long out, boolean bias) {
        Weights own = weights.at(path);
        QuantizedWeight packed = own.packed("weight", out, in);
        Parameter offsets = bias ? own.parameter("bias", out) : null;
        return place(
                path,
                packed == null
                        ? new Linear(own.parameter("weight", out, in), offsets)
                        : new QuantizedLinear(packed, offsets));
    }

    /**
     * A linear layer whose weight is stored the other way round, {@code PATH.weight [in, out]}, as GPT-2's are.
     *
     * @param weights the weights
     * @param path the name in the checkpoint
     * @param in the number of inputs
     * @param out the number of outputs
     * @return a linear layer whose weight is stored the other way round, {@code PATH.weight [in, out]}, as GPT-2's are
     */
    protected final Conv1D conv1d(Weights weights, String path, long in, long out) {
        Weights own = weights.at(path);
        return place(path, new Conv1D(own.parameter("weight", in, out), own.parameter("bias", out)));
    }

    /**
     * A layer normalization with {@code PATH.weight [size]} and {@code PATH.bias [size]}.
     *
     * @param weights the weights
     * @param path the name in the checkpoint
     * @param size the number of elements
     * @param epsilon added to the mean of squares or the variance
     * @return a layer normalization with {@code PATH.weight [size]} and {@code PATH.bias [size]}
     */
    protected final LayerNorm layerNorm(Weights weights, String path, long size, double epsilon) {
        Weights own = weights.at(path);
        return place(path, new LayerNorm(own.parameter("weight", size), own.parameter("bias", size), epsilon));
    }

    /**
     * A root-mean-square normalization with {@code PATH.weight [size]}.
     *
     * @param weights the weights
     * @param path the name in the checkpoint
     * @param size the number of elements
     * @param epsilon added to the mean of squares or the variance
     * @return a root-mean-square normalization with {@code PATH.weight [size]}
     */
    protected final RmsNorm rmsNorm(Weights weights, String path, long size, double epsilon) {
        return place(path, new RmsNorm(weights.at(path).parameter("weight", size), epsilon));
    }

    /**
     * A table with {@code PATH.weight [rows, size]}.
     *
     * @param weights the weights
     * @param path the name in the checkpoint, with points
     * @param rows the number of rows
     * @param size the number of elements
     * @return a table with {@code PATH.weight [rows, size]}
     */
    protected final Embedding embedding(Weights weights, String path, long rows, long size) {
        return place(path, new Embedding(weights.at(path).parameter("weight", rows, size)));
    }

    /**
     * A table over a parameter that another layer has too.
     *
     * @param path the name in the checkpoint
     * @param shared the parameter, if another layer has it already, or null
     * @return a table over a parameter that another layer has too
     */
    protected final Linear tied(String path, Parameter shared) {
        return place(path, new Linear(shared, null));
    }

    /** A name on the way to others. */
    static final class Group extends Part {
        Group() {}
    }
}
