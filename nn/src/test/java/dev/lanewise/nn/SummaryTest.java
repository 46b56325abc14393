package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.LearnedPositions;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SummaryTest {
    private static final Rng RNG = new Rng(1);

    /** Two branches over one shared layer, then both joined. */
    private static final class Branches extends Layer {
        private final Linear shared = child("shared", new Linear(4, 4, RNG));
        private final Layer left = child("left", new Sequential(shared, new ReLU()));
        private final Layer right = child("right", new Linear(4, 4, false, RNG));

        @Override
        protected Tensor compute(Tensor x) {
            return left.forward(x).add(right.forward(shared.forward(x)));
        }
    }

    @Test
    void tableIsAsDescribed() {
        Layer model = new Sequential(new Flatten(), new Linear(784, 100), new ReLU(), new Linear(100, 10));
        assertThat(model.summary(1, 28, 28)).hasToString("""
            Layer          Output shape  Parameters
            ---------------------------------------
            Sequential     [1, 10]
              0 (Flatten)  [1, 784]
              1 (Linear)   [1, 100]          78,500
              2 (ReLU)     [1, 100]
              3 (Linear)   [1, 10]            1,010
            ---------------------------------------
            Parameters: 79,510 (310.6 KiB)
            Trainable:  79,510
            Frozen:     0
            """);
    }

    @Test
    void branchesAndSharedLayersCountOnce() {
        Layer model = new Branches();
        model.children().get("right").freeze(true);
        Summary summary = model.summary(2, 4);
        assertThat(summary.rows())
                .extracting(Summary.Row::label)
                .containsExactly(
                        "Branches",
                        "  shared (Linear)",
                        "  left (Sequential)",
                        "    0 (Linear)",
                        "    1 (ReLU)",
                        "  right (Linear)");
        assertThat(summary.rows().get(1).outputs()).containsExactly(Shape.of(2, 4), Shape.of(2, 4));
        assertThat(summary.rows().get(3).repeated()).isTrue();
        assertThat(summary.toString()).contains("[2, 4] (2 calls)").contains("(see above)");
        assertThat(summary.trainable()).isEqualTo(20);
        assertThat(summary.frozen()).isEqualTo(16);
        assertThat(summary.rows().stream().mapToLong(Summary.Row::parameters).sum())
                .isEqualTo(summary.parameters())
                .isEqualTo(model.parameterCount());
    }

    @Test
    void nestedModulesThatAreNotCalledByForwardAreSeen() {
        Layer model = new Sequential(
                new Embedding(11, 8, RNG),
                new LearnedPositions(6, 8, RNG),
                new TransformerEncoderLayer(8, 2, 16, 0.1, RNG),
                new LSTM(8, 5));
        Summary summary = model.summary(Tensor.of(new long[] {1, 2, 3, 4, 5, 6}, 2, 3));
        assertThat(summary.toString())
                .contains("2 (TransformerEncoderLayer)")
                .contains("self_attn (MultiHeadAttention)")
                .doesNotContain("not called");
        assertThat(summary.rows().getLast().outputs()).containsExactly(Shape.of(2, 3, 5));
        assertThat(summary.parameters()).isEqualTo(model.parameterCount());
    }

    @Test
    void layersThatAreNeverCalledAreNamed() {
        Layer model = new Lambda(x -> x.add(1), new Linear(2, 2));
        assertThat(model.summary(1, 2).toString()).contains("0 (Linear)  (not called)");
    }

    @Test
    void nothingChanges() {
        BatchNorm2d norm = new BatchNorm2d(2);
        Summary summary = norm.summary(3, 2, 4, 4);
        assertThat(norm.isTraining()).isTrue();
        assertThat(norm.stateDict().get("num_batches_tracked").itemLong()).isZero();
        assertThat(summary.buffers()).isEqualTo(5);
        assertThat(summary.toString()).contains("Buffers:    5");
    }

    @Test
    void tiedWeightsAreOneParameterUnderTwoNames() {
        final class Tied extends Layer {
            private final Linear first = child("first", new Linear(3, 3, false, RNG));
            private final Parameter again = parameter("again", first.weight());

            @Override
            protected Tensor compute(Tensor x) {
                return first.forward(x).linear(again.tensor(), null);
            }
        }
        Layer model = new Tied();
        assertThat(model.parameters()).hasSize(1);
        assertThat(model.stateDict()).containsOnlyKeys("again", "first.weight");
        assertThat(model.summary(1, 3).parameters()).isEqualTo(9);
        List<Layer> layers = new Sequential(model, model).layers();
        assertThat(layers).hasSize(3);
        Tensor ones = Tensor.ones(3, 3);
        float result = model.functionalCall(
                Map.of("again", ones, "first.weight", ones),
                () -> model.forward(Tensor.ones(1, 3)).toFloatArray()[0]);
        assertThat(result).isEqualTo(9);
    }
}
