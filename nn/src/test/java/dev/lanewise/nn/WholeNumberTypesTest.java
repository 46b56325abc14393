package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.metrics.Accuracy;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.EmbeddingBag;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.ScatterReduction;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Positions and classes of type I32 are taken wherever those of type I64 are. */
final class WholeNumberTypesTest {
    record Case(String name, UnaryOperator<Tensor> function, long... positions) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Case> cases() {
        Tensor table = new Rng(1).randn(DType.F32, 4, 3);
        Tensor cube = new Rng(2).randn(DType.F32, 4, 3, 2);
        Tensor weights = Tensor.of(new float[] {1, 2, 0.5f});
        Map<String, UnaryOperator<Tensor>> functions = new LinkedHashMap<>();
        functions.put("indexSelect", i -> table.indexSelect(1, i));
        functions.put("embedding", table::embedding);
        functions.put("gather", i -> table.gather(1, i.unsqueeze(1)));
        functions.put("scatterAdd", i -> table.scatterAdd(1, i.unsqueeze(1), Tensor.ones(4, 1)));
        functions.put(
                "scatterReduce",
                i -> table.scatterReduce(ScatterReduction.MEAN, 1, i.unsqueeze(1), Tensor.ones(4, 1), true));
        functions.put("index", table::index);
        functions.put("indexPut", i -> table.indexPut(List.of(i), Tensor.ones(3), true));
        functions.put("oneHot", i -> i.oneHot(5));
        functions.put("bincount", i -> i.bincount(6));
        functions.put("crossEntropy", table::crossEntropy);
        functions.put(
                "CrossEntropyLoss",
                i -> new CrossEntropyLoss().of(cube, i.unsqueeze(1).expand(4, 2)));
        functions.put(
                "weighted CrossEntropyLoss", i -> new CrossEntropyLoss(Reduction.SUM, 1, 0.1, weights).of(table, i));
        functions.put(
                "averagedOver",
                i -> Tensor.of(new double[] {
                    new CrossEntropyLoss(Reduction.MEAN, 1, 0.1, weights)
                            .averagedOver(i)
                            .getAsDouble()
                }));
        functions.put("nll", i -> Losses.negativeLogLikelihood(Reduction.MEAN).of(table, i));
        functions.put("Embedding", i -> new Embedding(4, 3, 1, new Rng(3)).forward(i));
        functions.put("EmbeddingBag", i -> new EmbeddingBag(4, 3, new Rng(3)).forward(i.reshape(2, 2)));
        functions.put("EmbeddingBag of offsets", i -> new EmbeddingBag(4, 3, new Rng(3)).forward(i, 0, 1));
        functions.put("accuracy", i -> {
            Accuracy accuracy = new Accuracy();
            accuracy.add(table, i);
            return Tensor.of(new double[] {accuracy.value()});
        });
        return functions.entrySet().stream().map(e -> new Case(e.getKey(), e.getValue(), 2, 0, 1, 2));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void halfAsWideIntegersMeanTheSame(Case c) {
        Tensor wide = c.function.apply(Tensor.of(c.positions));
        Tensor narrow = c.function.apply(Tensor.of(c.positions).to(DType.I32));
        assertThat(narrow.spec()).isEqualTo(wide.spec());
        assertThat(narrow.toDoubleArray()).containsExactly(wide.toDoubleArray());
    }

    @Test
    void embeddingsGradientIsTheSame() {
        Embedding embedding = new Embedding(4, 3, new Rng(3));
        Tensor parameter = embedding.weight().leaf();
        Tensor positions = Tensor.of(new long[] {2, 0, 1, 2});
        Tensor wide =
                Autograd.gradients(embedding.forward(positions).square().sum()).of(parameter);
        Tensor narrow = Autograd.gradients(
                        embedding.forward(positions.to(DType.I32)).square().sum())
                .of(parameter);
        assertThat(narrow.toFloatArray()).containsExactly(wide.toFloatArray());
    }
}
