package dev.lanewise.lm.part;

import dev.lanewise.lm.quant.QuantizedEmbedding;
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
 * A layer that takes its members from {@link Weights} and names them by dotted paths, as checkpoints do; names in a
 * path that are not layers of their own become {@link Group}s.
 */
public abstract class Part extends Layer {
    private final Map<String, Group> groups = new HashMap<>();

    /** For subclasses. */
    protected Part() {}

    /**
     * Registers a layer under a path.
     *
     * @param <M> the kind of layer
     * @param path the names that lead to it, separated by dots
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
     * {@return a linear layer with {@code PATH.weight [out, in]} and optionally {@code PATH.bias [out]}}
     *
     * @param weights the source of its parameters
     * @param path the names that lead to it, separated by dots
     * @param in the size of an input
     * @param out the size of a result
     * @param bias whether there is a bias
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
     * {@return a linear layer whose weight is stored transposed, {@code PATH.weight [in, out]}, as in GPT-2}
     *
     * @param weights the source of its parameters
     * @param path the names that lead to it, separated by dots
     * @param in the size of an input
     * @param out the size of a result
     */
    protected final Conv1D conv1d(Weights weights, String path, long in, long out) {
        Weights own = weights.at(path);
        return place(path, new Conv1D(own.parameter("weight", in, out), own.parameter("bias", out)));
    }

    /**
     * {@return a layer normalization with {@code PATH.weight [size]} and {@code PATH.bias [size]}}
     *
     * @param weights the source of its parameters
     * @param path the names that lead to it, separated by dots
     * @param size the size of a row
     * @param epsilon added under the root
     */
    protected final LayerNorm layerNorm(Weights weights, String path, long size, double epsilon) {
        Weights own = weights.at(path);
        return place(path, new LayerNorm(own.parameter("weight", size), own.parameter("bias", size), epsilon));
    }

    /**
     * {@return a root-mean-square normalization with {@code PATH.weight [size]}}
     *
     * @param weights the source of its parameters
     * @param path the names that lead to it, separated by dots
     * @param size the size of a row
     * @param epsilon added under the root
     */
    protected final RmsNorm rmsNorm(Weights weights, String path, long size, double epsilon) {
        return place(path, new RmsNorm(weights.at(path).parameter("weight", size), epsilon));
    }

    /**
     * {@return a table with {@code PATH.weight [rows, size]}}
     *
     * @param weights the source of its parameters
     * @param path the names that lead to it, separated by dots
     * @param rows how many rows there are
     * @param size the size of a row
     */
    protected final Embedding embedding(Weights weights, String path, long rows, long size) {
        return place(path, new Embedding(weights.at(path).parameter("weight", rows, size)));
    }

    /**
     * {@return a table as {@link #embedding} makes it, or one whose blocks stay in the file}
     *
     * @param weights the source of its rows
     * @param path the names that lead to it, separated by dots
     * @param rows how many rows there are
     * @param size the size of a row
     */
    protected final Layer table(Weights weights, String path, long rows, long size) {
        QuantizedWeight packed = weights.at(path).packed("weight", rows, size);
        return packed == null ? embedding(weights, path, rows, size) : place(path, new QuantizedEmbedding(packed));
    }

    /**
     * {@return a layer over the rows of a {@link #table}; or over a weight of its own, if the files have another one under its name}
     *
     * @param weights the source
     * @param path the names that lead to it, separated by dots
     * @param table the table
     */
    protected final WeightLayer tied(Weights weights, String path, Layer table) {
        return place(
                path,
                table instanceof QuantizedEmbedding packed
                        ? new QuantizedLinear(packed.table(), null)
                        : new Linear(weights.at(path).shared("weight", ((Embedding) table).weight()), null));
    }

    /** A name within a path. */
    static final class Group extends Part {
        Group() {}
    }
}
