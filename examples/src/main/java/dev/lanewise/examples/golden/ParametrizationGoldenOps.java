package dev.lanewise.examples.golden;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.parametrize.SpectralNorm;
import dev.lanewise.nn.parametrize.WeightNorm;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Adapters from reference cases to parametrizations of a layer's weight. */
final class ParametrizationGoldenOps {
    private static final String PARTS = "parametrizations.weight.";

    private ParametrizationGoldenOps() {}

    /** A layer that gives its weight. */
    private static final class Weighted extends Layer {
        private final Parameter weight;

        Weighted(Tensor weight) {
            this.weight = parameter("weight", weight);
        }

        Tensor with(Map<String, Tensor> parts) {
            return functionalCall(parts, () -> called(weight::tensor));
        }
    }

    static Map<String, GoldenOp> ops() {
        Map<String, GoldenOp> ops = new LinkedHashMap<>();
        ops.put("weight_norm", ParametrizationGoldenOps::weightNorm);
        ops.put("spectral_norm", ParametrizationGoldenOps::spectralNorm);
        return ops;
    }

    private static List<Tensor> weightNorm(Map<String, Tensor> inputs, Attributes a) {
        Tensor v = NnGoldenOps.input(inputs, "v");
        Weighted layer = WeightNorm.apply(new Weighted(v.onesLike()), "weight", a.dim("dim"));
        return List.of(layer.with(Map.of(PARTS + "original0", NnGoldenOps.input(inputs, "g"), PARTS + "original1", v)));
    }

    private static List<Tensor> spectralNorm(Map<String, Tensor> inputs, Attributes a) {
        Tensor weight = NnGoldenOps.input(inputs, "weight");
        Weighted layer = SpectralNorm.apply(
                new Weighted(weight.onesLike()),
                "weight",
                a.dim("dim"),
                (int) a.number("n_power_iterations"),
                1e-12,
                new Rng(0));
        Map<String, Tensor> state = layer.stateDict();
        Tensor u = Objects.requireNonNull(state.get(PARTS + "0._u"));
        Tensor v = Objects.requireNonNull(state.get(PARTS + "0._v"));
        u.assign(NnGoldenOps.input(inputs, "u"));
        v.assign(NnGoldenOps.input(inputs, "v"));
        Tensor result = weight;
        for (int use = 0; use < 3; use++) {
            result = layer.with(Map.of(PARTS + "original", weight));
        }
        return List.of(result, u.copy(), v.copy());
    }
}
