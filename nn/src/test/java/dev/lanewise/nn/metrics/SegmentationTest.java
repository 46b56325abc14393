package dev.lanewise.nn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SegmentationTest {
    private static final List<String> CLASSES = List.of("ground", "disc", "never");

    /** Scores {@code [1, 3, 2, 2]} whose greatest are the given classes. */
    private static Tensor scores(long... predicted) {
        return Tensor.of(predicted, 1, 2, 2)
                .oneHot(CLASSES.size())
                .permute(0, 3, 1, 2)
                .to(DType.F32);
    }

    @Test
    void overlapIsMeasuredOverAllImagesTogether() {
        Segmentation measured = new Segmentation(CLASSES);
        measured.add(scores(0, 1, 1, 1), Tensor.of(new long[] {0, 0, 1, 1}, 1, 2, 2));
        measured.add(scores(0, 0, 0, 0), Tensor.of(new long[] {0, 0, 0, 1}, 1, 2, 2));
        // ground: 4 right, 1 missed, 1 too many; disc: 2 right, 1 missed, 1 too many
        assertThat(measured.iou(0)).isCloseTo(4.0 / 6, within(1e-12));
        assertThat(measured.iou(1)).isCloseTo(2.0 / 4, within(1e-12));
        assertThat(measured.dice(0)).isCloseTo(8.0 / 10, within(1e-12));
        assertThat(measured.dice(1)).isCloseTo(4.0 / 6, within(1e-12));
        assertThat(measured.iou(2)).isZero();
        // the class that is neither there nor predicted does not count
        assertThat(measured.figures().get("iou")).isCloseTo((4.0 / 6 + 0.5) / 2, within(1e-12));
        assertThat(measured.figures().get("dice")).isCloseTo((0.8 + 4.0 / 6) / 2, within(1e-12));
        assertThat(measured.figures().get("accuracy")).isEqualTo(0.75);
        assertThat(measured.report()).contains("disc", "0.5000", "mean").hasLineCount(5);
        assertThat(measured.matrix().total()).isEqualTo(8);
    }

    @Test
    void shapesThatDontMatchAreRefused() {
        Segmentation measured = new Segmentation(CLASSES);
        assertThatThrownBy(() -> measured.add(Tensor.ones(1, 2, 2, 2), Tensor.of(new long[4], 1, 2, 2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[n, 3, ...]");
        assertThatThrownBy(() -> measured.add(Tensor.ones(1, 3, 2, 2), Tensor.of(new long[2], 1, 2)))
                .isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> measured.add(scores(0, 0, 0, 0), Tensor.of(new long[] {0, 0, 0, 3}, 1, 2, 2)))
                .isInstanceOf(TensorException.class);
        assertThat(new Segmentation(CLASSES).figures().get("iou")).isZero();
    }
}
