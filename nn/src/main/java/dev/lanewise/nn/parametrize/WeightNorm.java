package dev.lanewise.nn.parametrize;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * Weight normalization (Salimans and Kingma 2016, arXiv:1602.07868): {@code w = g v / |v|}, length and direction trained apart,
 * one length for each index of a dimension. Saved as PyTorch's {@code parametrizations.weight.original0} (g) and
 * {@code original1} (v).
 */
public final class WeightNorm extends Layer {
    private final Parameter length;
    private final Parameter direction;
    private final int[] others;

    private WeightNorm(Tensor weight, int dim) {
        int kept = weight.shape().dim(dim, "weight_norm");
        others =
                IntStream.range(0, weight.shape().rank()).filter(d -> d != kept).toArray();
        length = parameter("original0", norm(weight));
        direction = parameter("original1", weight.copy());
    }

    private Tensor norm(Tensor v) {
        return others.length == 0 ? v.abs() : v.norm(others, Keep.KEEP);
    }

    private Tensor value() {
        Tensor v = direction.tensor();
        return v.mul(length.tensor().div(norm(v)));
    }

    /**
     * Parametrizes a layer's weight, whose value stays.
     *
     * @param <L> the kind of layer
     * @param layer the layer
     * @param name of the parameter, usually {@code weight}
     * @param dim each of its indices has a length of its own; 0 for outputs of linear layers and convolutions
     * @return the layer
     */
    public static <L extends Layer> L apply(L layer, String name, int dim) {
        Parameter parameter = Weights.of(layer, name);
        WeightNorm parts = Autograd.noGrad(() -> new WeightNorm(Autograd.detach(parameter.leaf()), dim));
        parts.freeze(parameter.isFrozen());
        layer.parametrize(name, parts, parts::value);
        return layer;
    }
}
