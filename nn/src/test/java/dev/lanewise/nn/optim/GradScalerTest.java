package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GradScalerTest {
    private final Parameter first = new Parameter(Tensor.of(1f, 2f));
    private final Parameter second = new Parameter(Tensor.of(new float[][] {{3f, 4f}}));
    private final Optimizer optimizer = new Sgd(List.of(first, second), 0.5);
    private final GradScaler scaler = new GradScaler();

    private Tensor loss(double factor) {
        return first.tensor().square().sum().add(second.tensor().mul(factor).sum());
    }

    private Gradients scaled(double factor) {
        return Autograd.gradients(scaler.scale(loss(factor)));
    }

    @Test
    void unscaledGradientsAreThoseOfTheLoss() {
        GradScaler.Unscaled unscaled = scaler.unscale(scaled(3));
        assertThat(unscaled.finite()).isTrue();
        assertThat(unscaled.gradients().of(first.leaf()).toFloatArray()).containsExactly(2, 4);
        assertThat(unscaled.gradients().of(second.leaf()).toFloatArray()).containsExactly(3, 3);
    }

    @Test
    void anOverflowSkipsTheStepAndHalvesTheScale() {
        // times 65536 beyond the largest F32
        assertThat(scaler.step(optimizer, scaled(1e35))).isFalse();
        assertThat(first.leaf().toFloatArray()).containsExactly(1, 2);
        assertThat(optimizer.steps()).isZero();
        scaler.update();
        assertThat(scaler.scale()).isEqualTo(32768);
        assertThat(scaler.step(optimizer, scaled(1))).isTrue();
        assertThat(second.leaf().toFloatArray()).containsExactly(2.5f, 3.5f);
        scaler.update();
        assertThat(scaler.scale()).isEqualTo(32768);
    }

    @Test
    void negativeInfinityAndNotANumberAreFoundToo() {
        assertThat(scaler.unscale(scaled(-1e35)).finite()).isFalse();
        assertThat(scaler.unscale(scaled(Double.NaN)).finite()).isFalse();
    }

    @Test
    void gradientsThatStayNotANumberAreAnError() {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 64; i++) {
                        scaler.step(optimizer, scaled(Double.NaN));
                        scaler.update();
                    }
                })
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("not finite even at a scale of 1.16")
                .hasMessageContaining("lower the learning rate");
    }

    @Test
    void aRowOfGoodStepsRaisesTheScale() {
        GradScaler growing = new GradScaler(new GradScaler.Options(8, 4, 0.25, 2));
        for (double expected : new double[] {8, 32, 32, 128}) {
            growing.step(optimizer, Autograd.gradients(growing.scale(loss(1))));
            growing.update();
            assertThat(growing.scale()).isEqualTo(expected);
        }
        growing.step(optimizer, Autograd.gradients(growing.scale(loss(Double.POSITIVE_INFINITY))));
        growing.update();
        assertThat(growing.scale()).isEqualTo(32);
    }

    @Test
    void gradientsAreClippedBetweenUnscalingAndTheStep() {
        GradScaler.Unscaled clipped = scaler.unscale(scaled(3)).map(g -> Clipping.byValue(g, 1));
        assertThat(scaler.step(optimizer, clipped)).isTrue();
        assertThat(first.leaf().toFloatArray()).containsExactly(0.5f, 1.5f);
        GradScaler.Unscaled overflow = scaler.unscale(scaled(1e35));
        assertThat(overflow.map(g -> Clipping.byNorm(g, 1).gradients())).isSameAs(overflow);
    }

    @Test
    void oneOptimizersOverflowDoesNotHoldBackAnother() {
        Optimizer other = new Sgd(List.of(second), 0.5);
        assertThat(scaler.step(optimizer, scaled(1e35))).isFalse();
        assertThat(scaler.step(other, scaled(2))).isTrue();
        scaler.update();
        assertThat(scaler.scale()).isEqualTo(32768);
    }

    @Test
    void smallGradientsSurviveIn16Bits() {
        Tensor x = new Rng(1).rand(DType.F32, 4, 2);
        Parameter weight = new Parameter(Tensor.ones(2, 3));
        Tensor loss = Autocast.run(
                DType.F16,
                () -> x.matmul(weight.tensor()).to(DType.F32).mul(1e-9).sum());
        Tensor lost = Autograd.gradients(loss, Graph.RETAIN).of(weight.leaf());
        Gradients kept = scaler.unscale(Autograd.gradients(scaler.scale(loss))).gradients();
        assertThat(lost.abs().amax().item()).isZero();
        assertThat(kept.of(weight.leaf()).abs().amin().item()).isPositive();
    }

    @Test
    void theStateHasPyTorchsNamesAndContinues() {
        GradScaler saved = new GradScaler(new GradScaler.Options(16, 2, 0.5, 3));
        for (int i = 0; i < 2; i++) {
            saved.step(optimizer, Autograd.gradients(saved.scale(loss(1))));
            saved.update();
        }
        Map<String, Tensor> state = saved.stateDict();
        assertThat(state.keySet())
                .containsExactly("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker");
        GradScaler restored = new GradScaler();
        restored.loadStateDict(state);
        assertThat(restored.scale()).isEqualTo(16);
        restored.step(optimizer, Autograd.gradients(restored.scale(loss(1))));
        restored.update();
        assertThat(restored.scale()).isEqualTo(32);

        Map<String, Tensor> incomplete = new LinkedHashMap<>(state);
        incomplete.remove("_growth_tracker");
        assertThatThrownBy(() -> restored.loadStateDict(incomplete)).hasMessageContaining("_growth_tracker");
    }

    @Test
    void misuseIsNamed() {
        assertThatThrownBy(scaler::update).isInstanceOf(TensorException.class).hasMessageContaining("unscale or step");
        assertThatThrownBy(() -> scaler.scale(Tensor.ones(1).to(DType.F16))).hasMessageContaining("expected F32");
        Parameter half = new Parameter(Tensor.ones(2).to(DType.F16));
        Gradients gradients = Autograd.gradients(half.tensor().sum());
        assertThatThrownBy(() -> scaler.unscale(gradients)).hasMessageContaining("keep parameters in F32");
        assertThatThrownBy(() -> new GradScaler.Options(0, 2, 0.5, 1)).hasMessageContaining("scale 0.0");
        assertThatThrownBy(() -> new GradScaler.Options(1, 2, 0.5, 0)).hasMessageContaining("interval 0");
    }
}
