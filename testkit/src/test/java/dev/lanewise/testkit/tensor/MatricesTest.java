package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

/** What the reference cases leave out: second derivatives, edges, errors. */
final class MatricesTest {
    @Test
    void pseudoInverseHasSecondDerivatives() {
        Tensor tall = new Rng(1).randn(DType.F64, 3, 2);
        GradCheck.second(in -> new Tensor[] {in[0].pinv()}, tall);
        GradCheck.second(in -> new Tensor[] {in[0].pinv()}, tall.transpose());
        GradCheck.second(in -> new Tensor[] {in[0].pinv()}, Tensor.eye(2, DType.F64, tall.device()));
    }

    @Test
    void pseudoInverseOfNothing() {
        for (long[] sizes : new long[][] {{0, 3}, {3, 0}, {2, 0, 0}}) {
            Tensor none = Autograd.watch(Tensor.zeros(DType.F64, sizes));
            Tensor inverse = none.pinv();
            assertThat(inverse.shape()).isEqualTo(none.transpose().shape());
            assertThat(Autograd.gradients(inverse.sum()).of(none).shape()).isEqualTo(Shape.of(sizes));
        }
        assertThatThrownBy(() -> Tensor.ones(2, 2).pinv(-1e-3))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("pinv: singular values up to -0.001");
    }

    @Test
    void distancesOfRowsOfOtherWidthsAreAnError() {
        Tensor x = Tensor.ones(4, 3);
        assertThatThrownBy(() -> x.cdist(Tensor.ones(5, 1), 2))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("cdist: F32[4, 3] and F32[5, 1]");
        assertThatThrownBy(() -> x.cdist(x, -1)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> x.cdist(x, Double.NaN)).isInstanceOf(TensorException.class);
        assertThat(Tensor.ones(4, 0).cdist(Tensor.ones(2, 0), 2).toFloatArray()).containsOnly(0);
        assertThat(x.cdist(Tensor.ones(0, 3), 2).shape()).isEqualTo(Shape.of(4, 0));
    }

    /** Few columns and many take different ways. */
    @Test
    void distancesAreThoseOfSingleRows() {
        for (int d : new int[] {1, 32, 33}) {
            Tensor x = new Rng(d).randn(DType.F64, 3, d);
            Tensor y = new Rng(d + 1).randn(DType.F64, 2, 1, 4, d);
            Tensor all = x.cdist(y, 2);
            assertThat(all.shape()).isEqualTo(Shape.of(2, 1, 3, 4));
            assertThat(all.select(0, 1).select(0, 0).select(0, 2).select(0, 3).item())
                    .isCloseTo(
                            x.select(0, 2)
                                    .sub(y.select(0, 1).select(0, 0).select(0, 3))
                                    .norm()
                                    .item(),
                            within(1e-12));
        }
    }

    @Test
    void quantilesOfInfinitiesNaNAndSmallTypes() {
        double inf = Double.POSITIVE_INFINITY;
        double nan = Double.NaN;
        double most = Double.MAX_VALUE;
        assertThat(Tensor.of(1.0, inf, inf, -inf).quantile(0.5).item()).isEqualTo(inf);
        assertThat(Tensor.of(inf, inf).quantile(0.3).item()).isEqualTo(inf);
        assertThat(Tensor.of(1.0, inf).quantile(0).item()).isEqualTo(1);
        assertThat(Tensor.of(-most, most).quantile(0.5).item()).isZero();
        assertThat(Tensor.of(new double[] {1, nan, 3, 4}, 2, 2).quantile(0, 1).toDoubleArray())
                .containsExactly(nan, 3);
        assertThat(Tensor.of(7.0).quantile(0.9).item()).isEqualTo(7);
        assertThat(Tensor.of(1.0, 2.0).to(DType.BF16).quantile(0.5).dtype()).isEqualTo(DType.BF16);
        Tensor x = Tensor.ones(2, 3);
        assertThatThrownBy(() -> x.quantile(1.5))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("quantile: a part of 1.5 (expected 0 to 1)");
        assertThatThrownBy(() -> x.quantile(nan)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> x.quantile(0.5, 2)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Tensor.zeros(0).quantile(0.5))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("one or more elements");
        assertThatThrownBy(() -> Tensor.arange(3).quantile(0.5)).isInstanceOf(TensorException.class);
    }
}
