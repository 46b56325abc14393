package dev.lanewise.nn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetricTest {
    private static final Tensor LOGITS = Tensor.of(new float[][] {{2, 1}, {0, 1}, {0, 3}, {5, 4}});
    private static final Tensor CLASSES = Tensor.of(0, 1, 0, 1).to(DType.I64);

    @Test
    void targetsOfAnotherShapeAreRefused() {
        Tensor output = Tensor.ones(4, 3);
        for (Tensor target : List.of(Tensor.of(0, 1, 2), Tensor.zeros(DType.I64, 4, 1), Tensor.of(1))) {
            assertThatThrownBy(() -> new Accuracy().add(output, target))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("accuracy: output F32[4, 3], target " + target.spec());
        }
        assertThatThrownBy(() -> new Regression().add(Tensor.ones(4), Tensor.ones(3)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("regression: output F32[4], target F32[3]");
    }

    @Test
    void accuracyIsOverAllPlacesOfAllBatches() {
        Accuracy accuracy = new Accuracy();
        accuracy.add(LOGITS, CLASSES);
        accuracy.add(LOGITS.reshape(2, 2, 2), Tensor.of(new long[] {0, 1, 1, 0}, 2, 2));
        assertThat(accuracy.figures()).isEqualTo(Map.of("accuracy", 6 / 8.0));
    }

    @Test
    void classificationCountsAndMeasuresTheArea() {
        Classification classification = new Classification(List.of("no", "yes"), true);
        classification.add(LOGITS.narrow(0, 0, 3), CLASSES.narrow(0, 0, 3));
        classification.add(LOGITS.narrow(0, 3, 1), CLASSES.narrow(0, 3, 1));
        // scores -1, 1, 3, -1 of classes 0, 1, 0, 1: of four pairs one is in order and one equal
        assertThat(classification.figures()).containsExactly(Map.entry("accuracy", 0.5), Map.entry("auc", 0.375));
        assertThat(classification.matrix().count(0, 1)).isEqualTo(1);
        assertThat(classification.report()).contains("precision", "recall", "f1", "yes", "ROC-AUC 0.3750");
        Classification without = new Classification(2);
        without.add(LOGITS, CLASSES);
        assertThat(without.figures()).containsOnlyKeys("accuracy");
        assertThat(without.report()).doesNotContain("ROC");
        assertThatThrownBy(() -> new Classification(List.of("a"), true))
                .hasMessageContaining("Classification: 1 classes");
        assertThatThrownBy(() -> new Classification(-1)).hasMessageContaining("ConfusionMatrix: -1 classes");
    }

    @Test
    void regressionMeasuresAllBatchesTogether() {
        Regression regression = new Regression();
        regression.add(Tensor.of(1f, 2f), Tensor.of(1f, 4f));
        regression.add(Tensor.of(3f), Tensor.of(1f));
        assertThat(regression.figures()).containsOnlyKeys("mae", "rmse", "r2");
        assertThat(regression.figures().get("mae")).isCloseTo(4 / 3.0, within(1e-12));
        assertThat(regression.figures().get("rmse")).isCloseTo(Math.sqrt(8 / 3.0), within(1e-12));
        assertThat(regression.report()).contains("mean absolute error 1.3333");
    }

    @Test
    void samplesOfOneClassAloneHaveNoAreaUnderTheCurve() {
        Classification classification = new Classification(List.of("no", "yes"), true);
        assertThat(classification.report()).contains("ROC-AUC undefined");
        classification.add(Tensor.of(new float[] {1, 0, 0, 1}, 2, 2), Tensor.of(new long[] {1, 1}, 2));
        assertThat(classification.figures()).containsExactly(Map.entry("accuracy", 0.5));
        assertThat(classification.report()).contains("ROC-AUC undefined");
    }
}
