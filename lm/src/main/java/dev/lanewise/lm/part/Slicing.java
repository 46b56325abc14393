package dev.lanewise.lm.part;

import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.prune.Units;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;

/** Where units lie in linear layers. */
public final class Slicing {
    private Slicing() {}

    /** Weights and biases of layers whose results are units of so many elements. */
    public static List<Units.Slices> of(int each, WeightLayer... layers) {
        List<Units.Slices> all = new ArrayList<>();
        for (WeightLayer layer : layers) {
            all.addAll(results(layer, each, 1));
        }
        return all;
    }

    /** The same of a layer whose results are all units several times. */
    public static List<Units.Slices> results(WeightLayer layer, int each, int parts) {
        List<Units.Slices> all = new ArrayList<>();
        all.add(new Units.Slices(plain(layer).weight(), layer.isInputFirst() ? 1 : 0, each, parts));
        Parameter bias = layer.bias();
        if (bias != null) {
            all.add(new Units.Slices(bias, 0, each, parts));
        }
        return all;
    }

    /** The weight of a layer that reads units of so many elements. */
    public static Units.Slices input(int each, WeightLayer layer) {
        return new Units.Slices(plain(layer).weight(), layer.isInputFirst() ? 0 : 1, each, 1);
    }

    private static WeightLayer plain(WeightLayer layer) {
        if (layer.isAdapted()) {
            throw new TensorException(
                    "prune: a layer with an adapter (expected none, whose sizes would no longer fit); merge and save it, and"
                            + " prune what was merged");
        }
        return layer;
    }
}
