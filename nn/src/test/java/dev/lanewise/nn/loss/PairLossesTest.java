package dev.lanewise.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

/** What the reference cases leave out: second derivatives, edges, errors. */
final class PairLossesTest {
    private static Tensor random(int seed, long... shape) {
        return new Rng(seed).randn(DType.F64, shape);
    }

    @Test
    void secondDerivativesAreRight() {
        Tensor x = random(1, 3, 4);
        Tensor y = random(2, 3, 4);
        Tensor z = random(3, 3, 4);
        GradCheck.second(
                in -> new Tensor[] {new TripletMarginLoss(5, 2, 1e-6, false, Reduction.MEAN).of(in[0], in[1], in[2])},
                x,
                y,
                z);
        Tensor target = Tensor.of(1.0, -1, 1);
        GradCheck.second(
                in -> new Tensor[] {new CosineEmbeddingLoss(-0.9, Reduction.SUM).of(in[0], in[1], target)}, x, y);
        GradCheck.second(
                in -> new Tensor[] {
                    new GaussianNllLoss().of(in[0], in[1], in[2].square().add(0.1))
                },
                x,
                y,
                z);
        GradCheck.second(
                in -> new Tensor[] {Losses.focal(0.25, 2, Reduction.MEAN).of(in[0], x.sigmoid())}, y);
        GradCheck.second(in -> new Tensor[] {new DiceLoss().of(in[0].sigmoid(), x.sigmoid())}, y);
        Tensor labels = Tensor.of(new long[] {1, 2, 2, 1}, 2, 2);
        Tensor steps = Tensor.of(5L, 4L);
        Tensor lengths = Tensor.of(2L, 1L);
        GradCheck.second(
                in -> new Tensor[] {new CtcLoss().of(in[0].logSoftmax(2), labels, steps, lengths)}, random(4, 5, 2, 3));
    }

    @Test
    void sequenceWithoutAnAlignmentIsInfiniteOrNothing() {
        Tensor x = Autograd.watch(random(1, 2, 1, 3));
        Tensor labels = Tensor.of(new long[] {1, 1, 2}, 1, 3);
        Tensor steps = Tensor.of(new long[] {2});
        Tensor lengths = Tensor.of(new long[] {3});
        Tensor infinite = new CtcLoss(0, Reduction.SUM, false).of(x.logSoftmax(2), labels, steps, lengths);
        assertThat(infinite.item()).isInfinite();
        Tensor nothing = new CtcLoss(0, Reduction.SUM, true).of(x.logSoftmax(2), labels, steps, lengths);
        assertThat(nothing.item()).isZero();
        assertThat(Autograd.gradients(nothing).of(x).toDoubleArray()).containsOnly(0);
    }

    @Test
    void probabilitiesOfZeroAreNoNan() {
        Tensor logp = Tensor.full(Double.NEGATIVE_INFINITY, DType.F32, Device.CPU, 3, 1, 2);
        Tensor loss = new CtcLoss(0, Reduction.SUM, false)
                .of(logp, Tensor.of(new long[] {1}, 1, 1), Tensor.of(new long[] {3}), Tensor.of(new long[] {1}));
        assertThat(loss.item()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void lossesOfSingleSamplesAverageToTheMean() {
        Tensor x = random(1, 4, 3);
        Tensor y = random(2, 4, 3);
        Tensor target = Tensor.of(1.0, 0, 0, 1);
        assertThat(new ContrastiveLoss(2, Reduction.NONE)
                        .of(x, y, target)
                        .mean()
                        .item())
                .isEqualTo(
                        new ContrastiveLoss(2, Reduction.MEAN).of(x, y, target).item());
    }

    @Test
    void misfitsAreNamed() {
        Tensor x = random(1, 2, 3);
        assertThatThrownBy(() -> new TripletMarginLoss().of(x, x, random(1, 2, 4)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("triplet_margin_loss");
        assertThatThrownBy(() -> new CosineEmbeddingLoss().of(x, x, x))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("one target for each row");
        assertThatThrownBy(() -> new CtcLoss().of(x, x, x, x))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[t, n, c]");
        Tensor labels = Tensor.of(new long[][] {{1, 2}});
        Tensor steps = random(1, 5, 1, 3);
        assertThatThrownBy(() -> new CtcLoss().of(steps, labels, Tensor.of(6), Tensor.of(2)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("ctc_loss: 6 steps of sample 0 (expected 0 to 5");
        assertThatThrownBy(() -> new CtcLoss().of(steps, labels, Tensor.of(5), Tensor.of(3)))
                .hasMessageStartingWith("ctc_loss: 3 labels of sample 0 (expected 0 to 2");
        assertThatThrownBy(() -> new CtcLoss().of(steps, labels, Tensor.of(5), Tensor.of(-1)))
                .hasMessageStartingWith("ctc_loss: -1 labels of sample 0");
        assertThatThrownBy(() -> MarginLosses.multiLabelMargin(Reduction.MEAN).of(x, x))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("filled with -1");
        assertThatThrownBy(() -> Losses.focal(0.25, -1, Reduction.MEAN)).isInstanceOf(TensorException.class);
    }

    @Test
    void variancesOfRowsAreToldByTheirShape() {
        Tensor mean = random(1, 3, 3);
        Tensor target = random(2, 3, 3);
        Tensor rows = random(3, 3).square().add(0.1);
        GaussianNllLoss loss = new GaussianNllLoss(false, 1e-6, Reduction.NONE);
        double[] byRow = loss.of(mean, target, rows.unsqueeze(1)).toDoubleArray();
        assertThat(loss.of(mean, target, rows).toDoubleArray()).containsExactly(byRow);
        assertThat(loss.of(mean, target, rows.unsqueeze(0)).toDoubleArray()).isNotEqualTo(byRow);
        assertThat(loss.of(mean, target, Tensor.of(0.5).reshape(Shape.SCALAR)).toDoubleArray())
                .containsExactly(
                        loss.of(mean, target, mean.zerosLike().add(0.5)).toDoubleArray());
        Tensor wide = random(4, 2, 3);
        assertThatThrownBy(() -> loss.of(wide, wide, rows))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("variance F64[3] for a mean of [2, 3]");
        assertThatThrownBy(() -> loss.of(rows, rows, rows.unsqueeze(1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("variance F64[3, 1] for a mean of [3]");
        assertThatThrownBy(() -> loss.of(mean, target, rows.sub(10)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("negative variance");
    }
}
