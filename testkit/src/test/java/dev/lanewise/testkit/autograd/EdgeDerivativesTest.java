package dev.lanewise.testkit.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Derivatives of both orders where formulas divide by zero. */
final class EdgeDerivativesTest {
    private static double[] gradient(UnaryOperator<Tensor> f, Tensor x) {
        Tensor watched = Autograd.watch(x);
        Tensor y = f.apply(watched);
        Gradients gradients = Autograd.gradients(new Tensor[] {y}, new Tensor[] {y.onesLike()}, Graph.RELEASE);
        return gradients.of(watched).toDoubleArray();
    }

    private static void checkBothOrders(UnaryOperator<Tensor> f, Tensor x) {
        GradCheck.first(xs -> new Tensor[] {f.apply(xs[0])}, x);
        GradCheck.second(xs -> new Tensor[] {f.apply(xs[0])}, x);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 2 3", "2 0 3 0", "0 0 0", "1 2 0", "5", "0", "2 3", "1 0 2 3 4", "1 2 3 4 0 6 0 8"})
    void cumprodOfZeros(String row) {
        Tensor x = Tensor.of(
                Arrays.stream(row.split(" ")).mapToDouble(Double::parseDouble).toArray());
        checkBothOrders(y -> y.cumprod(0), x);
        checkBothOrders(y -> y.unsqueeze(0).repeat(2, 1).cumprod(1), x);
        checkBothOrders(y -> y.flip(0).cumprod(0).flip(0), x);
    }

    @Test
    void cumprodOfManyNumbersAndOneZeroIsLinear() {
        int n = 20_000;
        double[] x = new double[n];
        Arrays.fill(x, 1);
        x[n / 2] = 0;
        double[] gradient = gradient(y -> y.cumprod(0), Tensor.of(x));
        assertThat(gradient[0]).isEqualTo(n / 2.0);
        assertThat(gradient[n / 2]).isEqualTo(n / 2.0);
        assertThat(gradient[n - 1]).isZero();
    }

    @Test
    void determinantsOfSingularMatrices() {
        Tensor singular = Tensor.of(new double[] {1, 0, 0, 0, 2, 0, 0, 0, 0}, 3, 3);
        checkBothOrders(Tensor::det, singular);
        GradCheck.first(xs -> new Tensor[] {xs[0].det()}, Tensor.of(new double[9], 3, 3));
        checkBothOrders(Tensor::det, Tensor.of(new double[] {1, 2, 2, 4, 1, 0, 0, 1}, 2, 2, 2));
        assertThat(gradient(Tensor::det, Tensor.of(new double[0], 0, 3, 3))).isEmpty();
    }

    @Test
    void oneMatrixThatIsNotFiniteStopsNoOther() {
        double[] gradient = gradient(Tensor::det, Tensor.of(new double[] {Double.NaN, 1, 1, 1, 1, 2, 2, 4}, 2, 2, 2));
        assertThat(gradient[0]).isNaN();
        double[] cofactors = {4, -2, -2, 1};
        for (int i = 0; i < cofactors.length; i++) {
            assertThat(gradient[4 + i]).isEqualTo(cofactors[i], within(1e-12));
        }
    }

    @Test
    void singularValuesThatAreEqualOrZero() {
        for (double scale : new double[] {0, 1, 2}) {
            Tensor x = Tensor.eye(3).to(DType.F64).mul(scale);
            double[] gradient = gradient(y -> y.svd().s(), x);
            assertThat(gradient).doesNotContain(Double.NaN);
            double trace = gradient[0] + gradient[4] + gradient[8];
            assertThat(trace).isEqualTo(3, within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 1.5, 2, 2.5, 3, -1, -2, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void normsAtZeroHaveTheGradientZero(double p) {
        assertThat(gradient(x -> x.norm(p, new int[] {0}, Keep.REMOVE), Tensor.of(new double[3], 3)))
                .containsOnly(0);
    }

    @Test
    void normsBesideZerosAreDifferentiable() {
        Tensor x = Tensor.of(2.0, -3, 4);
        for (double p : new double[] {1.5, 2, 3, -1}) {
            checkBothOrders(y -> y.norm(p, new int[] {0}, Keep.REMOVE), x);
            checkBothOrders(
                    y -> y.mul(1e-200).norm(p, new int[] {0}, Keep.REMOVE).mul(1e200), x);
        }
        checkBothOrders(y -> y.std(new int[] {0}, 1, Keep.REMOVE), x);
    }

    @Test
    void deviationsOfEqualNumbersHaveTheGradientZero() {
        assertThat(gradient(x -> x.std(new int[] {0}, 1, Keep.REMOVE), Tensor.of(2.0, 2, 2)))
                .containsOnly(0);
    }

    @Test
    void anglesOfLargeAndSmallPoints() {
        GradCheck.second(xs -> new Tensor[] {xs[0].atan2(xs[1])}, Tensor.of(1.0, -2), Tensor.of(0.5, 0.25));
        Tensor x = Autograd.watch(Tensor.of(0.0, 1e200, 1e-200));
        Tensor y = Autograd.watch(Tensor.of(0.0, 1e200, 1e-200));
        Tensor angle = y.atan2(x);
        Gradients gradients = Autograd.gradients(angle.sum());
        assertThat(gradients.of(y).toDoubleArray()).containsExactly(0, 0.5e-200, 0.5e200);
        assertThat(gradients.of(x).toDoubleArray()).containsExactly(0, -0.5e-200, -0.5e200);
    }

    @Test
    void magnitudesWhoseSquaresLeaveTheType() {
        for (DType dtype : DType.FLOATING) {
            double[] scales = dtype == DType.F16 ? new double[] {256, 0x1p-14} : new double[] {0x1p100, 0x1p-100};
            for (double scale : scales) {
                Tensor x = Tensor.of(3.0, -4).mul(scale).to(dtype);
                double tolerance = dtype.bytes() == 2 ? 1e-2 : 1e-6;
                assertThat(x.norm(0).item() / scale).as(dtype + " norm").isEqualTo(5, within(tolerance));
                assertThat(x.std(new int[] {0}, 0, Keep.REMOVE).item() / scale)
                        .as(dtype + " std")
                        .isEqualTo(3.5, within(tolerance));
            }
        }
        Tensor large = new Rng(1).randn(DType.F16, 8).mul(1000);
        double[] rms = large.rmsNorm(1, null, 1e-6).square().mean().toDoubleArray();
        assertThat(rms[0]).isEqualTo(1, within(1e-2));
    }
}
