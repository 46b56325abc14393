package dev.lanewise.testkit.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class DerivativesTest {
    private static final Tensor X = Tensor.of(0.5, -1, 2);

    /** {@code (x0 x1, x1^2, sin x2)}. */
    private static Tensor f(Tensor x) {
        return Tensor.stack(
                0,
                x.select(0, 0).mul(x.select(0, 1)),
                x.select(0, 1).square(),
                x.select(0, 2).sin());
    }

    @Test
    void jacobianHoldsAllDerivatives() {
        assertThat(Autograd.jacobian(DerivativesTest::f, X).toDoubleArray())
                .containsExactly(new double[] {-1, 0.5, 0, 0, -2, 0, 0, 0, Math.cos(2)}, within(1e-12));
        assertThat(Autograd.jacobian(
                                x -> x.matmul(Tensor.eye(3, DType.F64, x.device()))
                                        .reshape(3, 1),
                                X)
                        .shape()
                        .toArray())
                .containsExactly(3, 1, 3);
    }

    @Test
    void derivativeAlongADirectionIsTheJacobianTimesIt() {
        Tensor v = Tensor.of(1.0, 2, -3);
        Tensor want = Autograd.jacobian(DerivativesTest::f, X).matmul(v);
        assertThat(Autograd.jvp(DerivativesTest::f, X, v).toDoubleArray())
                .containsExactly(want.toDoubleArray(), within(1e-12));
        assertThatThrownBy(() -> Autograd.jvp(DerivativesTest::f, X, Tensor.of(1.0)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("direction");
    }

    @Test
    void derivativesAreThereAlsoWhereNothingElseIsRecorded() {
        Tensor v = Tensor.of(1.0, 2, -3);
        Tensor want = Autograd.jvp(DerivativesTest::f, X, v);
        Autograd.noGrad(() -> {
            assertThat(Autograd.jvp(DerivativesTest::f, X, v).toDoubleArray()).containsExactly(want.toDoubleArray());
            assertThat(Autograd.jacobian(DerivativesTest::f, X).matmul(v).toDoubleArray())
                    .containsExactly(want.toDoubleArray(), within(1e-12));
            assertThat(Autograd.hessian(x -> x.square().sum(), X).toDoubleArray())
                    .containsExactly(2, 0, 0, 0, 2, 0, 0, 0, 2);
            assertThat(Autograd.isRecording()).isFalse();
        });
    }

    @Test
    void hessianHoldsAllSecondDerivatives() {
        UnaryOperator<Tensor> cubic = x -> x.pow(3).sum().add(x.select(0, 0).mul(x.select(0, 2)));
        assertThat(Autograd.hessian(cubic, X).toDoubleArray())
                .containsExactly(new double[] {3, 0, 1, 0, -6, 0, 1, 0, 12}, within(1e-12));
        assertThatThrownBy(() -> Autograd.hessian(DerivativesTest::f, X))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("one element");
    }

    @Test
    void linearAndConstantFunctionsHaveZeros() {
        assertThat(Autograd.hessian(Tensor::sum, X).toDoubleArray()).containsOnly(0);
        assertThat(Autograd.jacobian(x -> Tensor.of(1.0, 2), X).toDoubleArray())
                .hasSize(6)
                .containsOnly(0);
        assertThat(Autograd.jvp(x -> Tensor.of(1.0, 2), X, X).toDoubleArray()).containsExactly(0, 0);
        assertThat(Autograd.jvp(x -> x.mul(2), X, X).toDoubleArray()).containsExactly(1, -2, 4);
    }

    @Test
    void batchedDecompositionsGiveTheirMatricesBack() {
        Tensor a = new Rng(1).randn(DType.F64, 2, 5, 4);
        var lu = a.lu();
        assertThat(lu.p().matmul(lu.l()).matmul(lu.u()).toDoubleArray())
                .containsExactly(a.toDoubleArray(), within(1e-12));
        Tensor s = a.transpose(-1, -2)
                .matmul(a)
                .sub(Tensor.eye(4, DType.F64, a.device()).mul(3));
        var eigh = s.eigh();
        Tensor back = eigh.vectors()
                .mul(eigh.values().unsqueeze(-2))
                .matmul(eigh.vectors().transpose(-1, -2));
        assertThat(back.toDoubleArray()).containsExactly(s.toDoubleArray(), within(1e-11));
        assertThat(Tensor.zeros(3, 3).eigh().values().toDoubleArray()).containsOnly(0);
        assertThat(Tensor.zeros(2, 3).lu().u().toDoubleArray()).containsOnly(0);
        assertThatThrownBy(() -> a.eigh()).isInstanceOf(TensorException.class).hasMessageContaining("square");
    }
}
