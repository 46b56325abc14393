package dev.lanewise.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What the reference cases leave out; the expected values are PyTorch's. */
final class LossesTest {
    @Test
    void crossEntropyOfProbabilities() {
        Tensor p = Tensor.of(new double[] {0.1, 0.5, 0, 1}, 2, 2);
        Tensor t = Tensor.of(new double[] {0, 1, 1, 1}, 2, 2);
        assertThat(Losses.binaryCrossEntropy(Reduction.NONE).of(p, t).toDoubleArray())
                .containsExactly(new double[] {-Math.log(0.9), Math.log(2), 100, 0}, within(1e-12));
        assertThat(Losses.binaryCrossEntropy(Reduction.MEAN).of(p, t).item())
                .isCloseTo(25.199626924054442, within(1e-12));
        assertThatThrownBy(() -> Losses.binaryCrossEntropy(Reduction.MEAN).of(p, Tensor.of(1.0, 1.0)))
                .hasMessageContaining("binary_cross_entropy");
    }

    @Test
    void crossEntropyWithWeightedPositives() {
        Tensor x = Tensor.of(new double[] {-2, 0.5, 3, -30}, 2, 2);
        Tensor t = Tensor.of(new double[] {0, 1, 0.25, 1}, 2, 2);
        Tensor weight = Tensor.of(3.0, 0.5);
        assertThat(Losses.binaryCrossEntropyWithLogits(weight, Reduction.NONE)
                        .of(x, t)
                        .toDoubleArray())
                .containsExactly(
                        new double[] {0.1269280110429727, 0.23703849209005334, 2.322881027360613, 15.000000000000046},
                        within(1e-12));
        assertThat(Losses.binaryCrossEntropyWithLogits(Tensor.of(1.0), Reduction.SUM)
                        .of(x, t)
                        .item())
                .isCloseTo(
                        Losses.binaryCrossEntropyWithLogits(Reduction.SUM)
                                .of(x, t)
                                .item(),
                        within(1e-12));
    }
}
