package dev.lanewise.examples.golden;

import dev.lanewise.nn.sequence.EmbeddingBag;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.RNN;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.nn.sequence.Recurrent.Result;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Adapters from reference cases to bags of rows, and to recurrent layers with lengths and first states. */
final class SequenceGoldenOps {
    private static final Set<String> NOT_PARAMETERS = Set.of("x", "lengths", "h_0", "c_0");

    private SequenceGoldenOps() {}

    static Map<String, GoldenOp> ops() {
        return Map.of(
                "embedding_bag",
                SequenceGoldenOps::bags,
                "packed_rnn",
                (inputs, a) -> packed(
                        new RNN(a.integer("input"), a.integer("hidden"), a.dim("layers"), a.flag("bidirectional"), 0),
                        inputs),
                "packed_gru",
                (inputs, a) -> packed(
                        new GRU(a.integer("input"), a.integer("hidden"), a.dim("layers"), a.flag("bidirectional"), 0),
                        inputs),
                "packed_lstm",
                (inputs, a) -> packed(
                        new LSTM(a.integer("input"), a.integer("hidden"), a.dim("layers"), a.flag("bidirectional"), 0),
                        inputs));
    }

    private static List<Tensor> bags(Map<String, Tensor> inputs, Attributes a) {
        Tensor x = NnGoldenOps.input(inputs, "x");
        Tensor table = NnGoldenOps.input(inputs, "weight");
        EmbeddingBag.Mode mode = EmbeddingBag.Mode.valueOf(a.text("mode").toUpperCase(Locale.ROOT));
        Shape shape = table.shape();
        EmbeddingBag layer = new EmbeddingBag(shape.size(0), shape.size(1), mode, a.integer("padding_idx"), new Rng(0));
        layer.to(x.device());
        Tensor offsets = inputs.get("offsets");
        Tensor weights = inputs.get("per_sample_weights");
        return layer.functionalCall(Map.of("weight", table), () -> {
            if (offsets == null) {
                return List.of(weights == null ? layer.forward(x) : layer.forward(x, weights));
            }
            long[] begins = offsets.toLongArray();
            return List.of(weights == null ? layer.forward(x, begins) : layer.forward(x, weights, begins));
        });
    }

    private static List<Tensor> packed(Recurrent layer, Map<String, Tensor> inputs) {
        Tensor x = NnGoldenOps.input(inputs, "x");
        layer.to(x.device());
        Map<String, Tensor> parameters = new LinkedHashMap<>(inputs);
        parameters.keySet().removeAll(NOT_PARAMETERS);
        Tensor hidden = NnGoldenOps.input(inputs, "h_0");
        Tensor cell = inputs.get("c_0");
        Result before = cell == null ? Result.states(hidden) : Result.states(hidden, cell);
        return layer.functionalCall(parameters, () -> {
            Result result = layer.run(x, NnGoldenOps.input(inputs, "lengths"), before);
            return result.cell() == null
                    ? List.of(result.output(), result.hidden())
                    : List.of(result.output(), result.hidden(), result.cell());
        });
    }
}
