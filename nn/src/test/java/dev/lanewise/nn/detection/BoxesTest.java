package dev.lanewise.nn.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

/** torchvision's definitions, by hand. */
final class BoxesTest {
    private static final Tensor BOXES =
            Tensor.of(new double[] {0, 0, 2, 2, 1, 1, 3, 3, 0, 0, 2, 2.1, 5, 5, 6, 7}, 4, 4);

    @Test
    void overlapsAreIntersectionOverUnion() {
        double[] iou = Boxes.iou(BOXES, BOXES.narrow(0, 0, 2)).toDoubleArray();
        double third = 0.1 / 4.2 * 0 + (1 * 1.1) / (4 + 4.2 - 1.1);
        assertThat(iou).containsExactly(new double[] {1, 1.0 / 7, 1.0 / 7, 1, 4 / 4.2, third, 0, 0}, within(1e-12));
        GradCheck.first(
                in -> new Tensor[] {Boxes.iou(in[0], BOXES.add(0.3))},
                BOXES.add(new Rng(1).rand(DType.F64, 4, 4).mul(0.1)));
    }

    @Test
    void suppressionKeepsTheHighestScores() {
        Tensor scores = Tensor.of(0.5, 0.9, 0.6, 0.5);
        assertThat(Boxes.nms(BOXES, scores, 0.5).toLongArray()).containsExactly(1, 2, 3);
        assertThat(Boxes.nms(BOXES, scores, 0.99).toLongArray()).containsExactly(1, 2, 0, 3);
        assertThat(Boxes.nms(BOXES, scores, 0.1).toLongArray()).containsExactly(1, 3);
        // zeros of both signs are one score, whose first comes first
        assertThat(Boxes.nms(BOXES, Tensor.of(-0.0, 0.0, -0.0, 0.0), 0.99).toLongArray())
                .containsExactly(0, 1, 2, 3);
        assertThat(Boxes.nms(BOXES.narrow(0, 0, 0), scores.narrow(0, 0, 0), 0.5).toLongArray())
                .isEmpty();
    }

    @Test
    void alignedRegionOfALinearImageIsLinear() {
        // pixel (y, x) holds 10 y + x, which linear interpolation gives everywhere inside
        Tensor rows = Tensor.arange(8).to(DType.F64).mul(10).unsqueeze(1);
        Tensor image = rows.add(Tensor.arange(8).to(DType.F64)).reshape(1, 1, 8, 8);
        Tensor box = Tensor.of(new double[] {0, 4, 2, 12, 10}, 1, 5);
        double[] aligned =
                Boxes.roiAlign(image, box, new RoiAlign(2, 2, 0.5, 2, true)).toDoubleArray();
        // the box is x 1.5 to 5.5, y 0.5 to 4.5; its quarters' middles are x 2.5 and 4.5, y 1.5 and 3.5
        assertThat(aligned).containsExactly(new double[] {17.5, 19.5, 37.5, 39.5}, within(1e-12));
        double[] corners =
                Boxes.roiAlign(image, box, new RoiAlign(2, 2, 0.5, 3, false)).toDoubleArray();
        assertThat(corners).containsExactly(new double[] {23, 25, 43, 45}, within(1e-12));
        Tensor outside = Tensor.of(new double[] {0, 40, 40, 44, 44}, 1, 5);
        assertThat(Boxes.roiAlign(image, outside, new RoiAlign(1, 1, 1, 2, false))
                        .toDoubleArray())
                .containsOnly(0);
    }

    /** One box of 5 x 3 pixels in parts of 2.5 x 1.5, and one of 2 x 2: as if each were alone with its own number of places. */
    @Test
    void boxesMayHaveAsManyPlacesAsPixels() {
        Tensor image = new Rng(2).randn(DType.F64, 1, 2, 8, 8);
        Tensor boxes = Tensor.of(new double[] {0, 1, 2, 6, 5, 0, 3, 3, 5, 5}, 2, 5);
        Tensor both = Boxes.roiAlign(image, boxes, new RoiAlign(2, 2, 1, 0, true));
        Tensor small = Boxes.roiAlign(image, boxes.narrow(0, 1, 1), new RoiAlign(2, 2, 1, 1, true));
        assertThat(both.narrow(0, 1, 1).toDoubleArray()).containsExactly(small.toDoubleArray(), within(1e-12));
        // three places along x and two along y: means of those of all six
        double mean = 0;
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 2; j++) {
                Tensor point = Tensor.of(
                        new double[] {0, 1 + 2.5 * i / 3, 2 + 0.75 * j, 1 + 2.5 * (i + 1) / 3, 2 + 0.75 * (j + 1)},
                        1,
                        5);
                mean += Boxes.roiAlign(image, point, new RoiAlign(1, 1, 1, 1, true))
                                .toDoubleArray()[0]
                        / 6;
            }
        }
        assertThat(both.toDoubleArray()[0]).isCloseTo(mean, within(1e-12));
        Tensor huge = Tensor.of(new double[] {0, 0, 0, 1e9, 1}, 1, 5);
        assertThatThrownBy(() -> Boxes.roiAlign(image, huge, new RoiAlign(1, 1, 1, 0, true)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("at most 4096");
        // a box without extent has no places
        Tensor without = Boxes.roiAlign(image.narrow(1, 0, 0), boxes, new RoiAlign(2, 3, 1, 0, true));
        assertThat(without.shape()).isEqualTo(Shape.of(2, 0, 2, 3));
        Tensor none = Tensor.of(new double[] {0, 3, 3, 3, 3}, 1, 5);
        assertThat(Boxes.roiAlign(image, none, new RoiAlign(1, 1, 1, 0, true)).toDoubleArray())
                .containsOnly(0);
    }

    @Test
    void featuresOfRegionsHaveGradients() {
        Tensor boxes = Tensor.of(new double[] {1, 0.2, 0.7, 4.1, 3.6, 0, 1, 1, 2, 2}, 2, 5);
        GradCheck.second(
                in -> new Tensor[] {
                    Boxes.roiAlign(in[0], boxes, new RoiAlign(2, 3, 1, 2, true)).square()
                },
                new Rng(1).randn(DType.F64, 2, 2, 4, 5));
    }

    @Test
    void misfitsAreNamed() {
        assertThatThrownBy(() -> Boxes.iou(Tensor.ones(3), BOXES))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("x1, y1, x2, y2");
        assertThatThrownBy(() -> Boxes.nms(BOXES, Tensor.ones(3), 0.5)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Boxes.roiAlign(Tensor.ones(1, 1, 2, 2), BOXES, new RoiAlign(1, 1, 1, 1, true)))
                .isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> new RoiAlign(0, 1, 1, 1, true)).isInstanceOf(TensorException.class);
    }
}
