package dev.lanewise.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    @Test
    void divergenceFromLogsIsThatFromProbabilities() {
        Tensor p = Tensor.of(new double[] {0.1, 0.9, 0.5, 0.5}, 2, 2).log();
        Tensor t = Tensor.of(new double[] {0, 1, 0.25, 0.75}, 2, 2);
        for (boolean batchMean : new boolean[] {false, true}) {
            Tensor logs = Autograd.watch(t.log());
            Tensor loss = Losses.klDivergenceOfLogs(batchMean, Reduction.SUM).of(p, logs);
            assertThat(loss.item())
                    .isCloseTo(
                            Losses.klDivergence(batchMean, Reduction.SUM)
                                    .of(p, t)
                                    .item(),
                            within(1e-12));
            // what is impossible has no gradient either
            assertThat(Autograd.gradients(loss).of(logs).toDoubleArray()[0]).isZero();
        }
    }

    static Stream<Arguments> named() {
        return Stream.of(
                Arguments.of("mse_loss", Losses.meanSquaredError(Reduction.MEAN)),
                Arguments.of("l1_loss", Losses.absoluteError(Reduction.MEAN)),
                Arguments.of("smooth_l1_loss", Losses.smoothL1(1, Reduction.MEAN)),
                Arguments.of("huber_loss", Losses.huber(1, Reduction.MEAN)),
                Arguments.of("binary_cross_entropy", Losses.binaryCrossEntropy(Reduction.MEAN)),
                Arguments.of("binary_cross_entropy_with_logits", Losses.binaryCrossEntropyWithLogits(Reduction.MEAN)),
                Arguments.of("kl_div", Losses.klDivergence(false, Reduction.MEAN)),
                Arguments.of("kl_div", Losses.klDivergence(true, Reduction.SUM)),
                Arguments.of("kl_div", Losses.klDivergenceOfLogs(true, Reduction.SUM)),
                Arguments.of("focal_loss", Losses.focal(0.25, 2, Reduction.MEAN)),
                Arguments.of("poisson_nll_loss", Losses.poisson(true, Reduction.MEAN)),
                Arguments.of("bpr_loss", Losses.bayesianPersonalizedRanking(Reduction.MEAN)),
                Arguments.of("hinge_loss", MarginLosses.hinge(Reduction.MEAN)),
                Arguments.of("soft_margin_loss", MarginLosses.softMargin(Reduction.MEAN)));
    }

    /** None broadcasts, and none lets an operation inside it complain. */
    @ParameterizedTest
    @MethodSource("named")
    void targetThatDoesNotFitIsNamed(String name, Loss loss) {
        Tensor prediction = Tensor.ones(4, 3);
        assertThatThrownBy(() -> loss.of(prediction, Tensor.ones(3)))
                .isInstanceOf(TensorException.class)
                .hasMessage(name + ": prediction F32[4, 3] and target F32[3] differ in shape; reshape the target?");
        assertThatThrownBy(() -> loss.of(prediction, Tensor.ones(DType.I64, 4, 3)))
                .isInstanceOf(TensorException.class)
                .hasMessage(name + ": prediction F32[4, 3] and target I64[4, 3] differ in type;"
                        + " cast the target with to(DType.F32)");
    }

    @Test
    void negativeLogLikelihoodTakesOneClassForEachRow() {
        Loss loss = Losses.negativeLogLikelihood(Reduction.SUM);
        assertThat(loss.of(Tensor.ones(2, 3, 4), Tensor.zeros(DType.I32, 2, 4)).item())
                .isEqualTo(-8);
        for (Tensor classes : List.of(Tensor.of(0, 1, 2), Tensor.of(0, 1, 2, 0, 1), Tensor.ones(4))) {
            assertThatThrownBy(() -> loss.of(Tensor.ones(4, 3), classes))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("nll_loss: log-probabilities F32[4, 3] and classes " + classes.spec());
        }
        assertThat(loss).hasToString("nll_loss(reduction=SUM)");
    }

    @Test
    void probabilitiesOfClassesThatDoNotFitAreNamed() {
        Tensor logits = Tensor.ones(4, 3);
        CrossEntropyLoss weighted = new CrossEntropyLoss(Reduction.MEAN, -100, 0, Tensor.ones(4));
        assertThatThrownBy(() -> weighted.of(logits, Tensor.ones(4)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("cross_entropy: prediction F32[4, 3] and target F32[4] differ in shape");
        assertThatThrownBy(() -> weighted.of(logits, logits))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("weights F32[4] (expected one weight for each class)");
        CrossEntropyLoss plain = new CrossEntropyLoss();
        assertThat(plain.averagedOver(Tensor.ones(4, 3, 2))).hasValue(8);
        assertThat(plain.averagedOver(Tensor.ones(3))).hasValue(1);
    }
}
