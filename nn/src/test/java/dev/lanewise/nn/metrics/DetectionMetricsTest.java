package dev.lanewise.nn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.metrics.DetectionMetrics.Found;
import dev.lanewise.nn.metrics.DetectionMetrics.Objects;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures of pycocotools, which {@code detection.py} stored, and some by hand. */
final class DetectionMetricsTest {
    private static final Tensor NONE = Tensor.zeros(0, 4);
    private static final Tensor NO_CLASSES = Tensor.of(new long[0], 0);

    @ParameterizedTest
    @ValueSource(strings = {"usual", "crowds", "ties", "many"})
    void figuresAreThoseOfPycocotools(String set) {
        Path stored = Path.of("src", "test", "resources", "dev", "lanewise", "nn", "metrics", "detection.safetensors");
        try (SafetensorsFile file = Safetensors.open(stored)) {
            double[] classes = file.entry(set + "/per_class").toTensor().toDoubleArray();
            DetectionMetrics metrics = new DetectionMetrics(classes.length);
            for (int i = 0; file.contains(set + "/" + i + "/boxes"); i++) {
                String image = set + "/" + i + "/";
                metrics.add(
                        new Found(
                                file.entry(image + "found").toTensor(),
                                file.entry(image + "scores").toTensor(),
                                file.entry(image + "found_classes").toTensor()),
                        new Objects(
                                file.entry(image + "boxes").toTensor(),
                                file.entry(image + "classes").toTensor(),
                                file.entry(image + "crowd").toTensor(),
                                file.entry(image + "areas").toTensor()));
            }
            DetectionResult result = metrics.result();
            assertSame(
                    result.figures().values(),
                    file.entry(set + "/stats").toTensor().toDoubleArray());
            assertSame(result.precisionByClass(), classes);
        }
    }

    /** The reference gives -1 where there is nothing to find. */
    private static void assertSame(Iterable<Double> found, double[] expected) {
        double[] figures = StreamSupport.stream(found.spliterator(), false)
                .mapToDouble(figure -> figure.isNaN() ? -1 : figure)
                .toArray();
        assertThat(figures).containsExactly(expected, within(1e-12));
    }

    private static Found found(double... boxesAndScores) {
        Tensor rows = Tensor.of(boxesAndScores, boxesAndScores.length / 5, 5);
        return new Found(rows.narrow(1, 0, 4), rows.select(1, 4), Tensor.zeros(DType.I64, boxesAndScores.length / 5));
    }

    private static Objects objects(double... boxes) {
        return new Objects(Tensor.of(boxes, boxes.length / 4, 4), Tensor.zeros(DType.I32, boxes.length / 4));
    }

    @Test
    void figuresByHand() {
        DetectionMetrics metrics = new DetectionMetrics(1);
        // found exactly, found by 0.6, wrong and the most certain, found twice
        metrics.add(found(0, 0, 10, 10, 0.8, 20, 0, 30, 10, 0.9), objects(0, 0, 10, 10));
        metrics.add(found(0, 0, 10, 6, 0.7, 0, 0, 10, 5.5, 0.6), objects(0, 0, 10, 10));
        DetectionResult result = metrics.result();
        // right are the second and third: precisions 1/2 and 2/3, so that 2/3 holds up to a recall of 1
        assertThat(result.averagePrecision50()).isCloseTo(2.0 / 3, within(1e-12));
        // at 0.75 only one of two is found: 51 of 101 recalls
        assertThat(result.averagePrecision75()).isCloseTo(0.5 * 51 / 101, within(1e-12));
        assertThat(result.recall()).containsExactly(new Double[] {0.15, 0.65, 0.65});
    }

    @Test
    void nothingFoundIsZeroAndNothingThereIsNoNumber() {
        DetectionMetrics metrics = new DetectionMetrics(2);
        assertThat(metrics.result().averagePrecision()).isNaN();
        metrics.add(new Found(NONE, Tensor.zeros(0), NO_CLASSES), objects(0, 0, 10, 10));
        DetectionResult result = metrics.result();
        assertThat(result.averagePrecision()).isZero();
        assertThat(result.precisionByClass()).isEqualTo(List.of(0.0, Double.NaN));
        assertThat(result.figures()).containsEntry("map_large", Double.NaN).containsEntry("mar_small", 0.0);
        metrics.add(found(0, 0, 0, 0, 0.5), new Objects(NONE, NO_CLASSES));
        metrics.add(found(5, 5, 5, 5, 0.5), objects(5, 5, 5, 5));
        assertThat(metrics.result().averagePrecision()).isZero();
    }

    @Test
    void misfitsAreNamed() {
        DetectionMetrics metrics = new DetectionMetrics(1);
        assertThatThrownBy(() -> new DetectionMetrics(0)).hasMessageContaining("1 or more");
        assertThatThrownBy(() -> metrics.add(found(1, 1, 0, 0, 0.5), objects()))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("left <= right");
        assertThatThrownBy(() -> metrics.add(found(0, 0, Double.NaN, 1, 0.5), objects()))
                .hasMessageContaining("finite");
        assertThatThrownBy(() -> metrics.add(found(0, 0, 1, 1, Double.NaN), objects()))
                .hasMessageContaining("NaN");
        Found one = found(0, 0, 1, 1, 0.5);
        assertThatThrownBy(() -> metrics.add(new Found(one.boxes(), one.scores(), Tensor.of(1L)), objects()))
                .hasMessageContaining("the class 1");
        assertThatThrownBy(() -> metrics.add(new Found(one.boxes(), one.scores(), Tensor.of(0f)), objects()))
                .hasMessageContaining("I64 or I32");
        assertThatThrownBy(() -> metrics.add(new Found(one.boxes(), Tensor.ones(2), one.classes()), objects()))
                .hasMessageContaining("one for each box");
        assertThatThrownBy(() -> metrics.add(one, new Objects(Tensor.ones(4), NO_CLASSES)))
                .hasMessageContaining("[n, 4]");
    }
}
