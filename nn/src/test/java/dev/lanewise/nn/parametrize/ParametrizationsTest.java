package dev.lanewise.nn.parametrize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class ParametrizationsTest {
    @Test
    void weightNormKeepsTheValueAndHasPyTorchsNames() {
        Linear linear = new Linear(4, 3, new Rng(1));
        Tensor x = new Rng(2).randn(DType.F32, 5, 4);
        float[] before = linear.forward(x).toFloatArray();
        WeightNorm.apply(linear, "weight", 0);
        assertThat(linear.stateDict())
                .containsOnlyKeys("bias", "parametrizations.weight.original0", "parametrizations.weight.original1");
        assertThat(linear.stateDict()
                        .get("parametrizations.weight.original0")
                        .shape()
                        .toArray())
                .containsExactly(3, 1);
        assertThat(linear.forward(x).toFloatArray()).containsExactly(before, within(1e-6f));
        Sgd sgd = new Sgd(linear.parameters(), 0.5);
        sgd.step(Autograd.gradients(linear.forward(x).square().mean()));
        float[] trained = linear.forward(x).toFloatArray();
        assertThat(trained).isNotEqualTo(before);
        linear.unparametrize("weight");
        assertThat(linear.stateDict()).containsOnlyKeys("bias", "weight");
        assertThat(linear.forward(x).toFloatArray()).containsExactly(trained, within(1e-6f));
    }

    @Test
    void spectralNormMakesTheLargestSingularValueOne() {
        Linear linear = SpectralNorm.apply(new Linear(6, 4, new Rng(1)), "weight", new Rng(2));
        Tensor x = new Rng(3).randn(DType.F32, 5, 6);
        for (int i = 0; i < 50; i++) {
            linear.forward(x);
        }
        linear.eval();
        float[] once = linear.forward(x).toFloatArray();
        assertThat(linear.forward(x).toFloatArray()).containsExactly(once);
        linear.unparametrize("weight");
        assertThat(Autograd.detach(linear.weight().leaf()).svd().s().amax().item())
                .isCloseTo(1, within(1e-4));
        assertThat(linear.forward(x).toFloatArray()).containsExactly(once, within(1e-5f));
    }

    @Test
    void spectralNormOfAConvolutionTrainsAndLoads() {
        Layer a = SpectralNorm.apply(new Conv3d(2, 3, Window.of(2), new Rng(1)), "weight", new Rng(2));
        Layer b = SpectralNorm.apply(new Conv3d(2, 3, Window.of(2), new Rng(7)), "weight", new Rng(8));
        assertThat(a.stateDict())
                .containsOnlyKeys(
                        "bias",
                        "parametrizations.weight.original",
                        "parametrizations.weight.0._u",
                        "parametrizations.weight.0._v");
        b.loadStateDict(a.stateDict());
        a.eval();
        b.eval();
        Tensor x = new Rng(3).randn(DType.F32, 1, 2, 3, 3, 3);
        assertThat(b.forward(x).toFloatArray()).containsExactly(a.forward(x).toFloatArray());
        assertThat(Autograd.gradients(a.forward(x).sum()).values()).hasSize(2);
    }

    @Test
    void unknownParametersAreAnError() {
        Linear linear = new Linear(2, 2, new Rng(1));
        assertThatThrownBy(() -> WeightNorm.apply(linear, "wieght", 0))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("wieght")
                .hasMessageContaining("weight");
        assertThatThrownBy(() -> linear.unparametrize("weight")).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> SpectralNorm.apply(linear, "bias", new Rng(1))).isInstanceOf(TensorException.class);
    }

    @Test
    void hooksSeeAndExchangeResultsAndGradients() {
        Sequential model = new Sequential(new Linear(3, 4, new Rng(1)), new ReLU(), new Linear(4, 1, new Rng(2)));
        Tensor x = new Rng(3).randn(DType.F32, 2, 3);
        float[] plain = model.forward(x).toFloatArray();
        List<String> seen = new ArrayList<>();
        Runnable forward = model.hookForward("1", y -> {
            seen.add("forward " + y.shape());
            return y.mul(2);
        });
        Runnable backward = model.hookBackward("1", g -> {
            seen.add("backward " + g.shape());
            return g.mul(0);
        });
        Tensor y = model.forward(x);
        var gradients = Autograd.gradients(y.sum());
        assertThat(seen).containsExactly("forward [2, 4]", "backward [2, 4]");
        assertThat(y.toFloatArray()).isNotEqualTo(plain);
        Linear first = (Linear) model.layer("0");
        assertThat(gradients.of(first.weight().leaf()).toFloatArray()).containsOnly(0);
        forward.run();
        backward.run();
        assertThat(model.forward(x).toFloatArray()).containsExactly(plain);
        assertThatThrownBy(() -> model.hookForward("3", z -> z))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no '3'");
    }

    @Test
    void spectralNormOfATransposedConvolutionIsByItsResults() {
        ConvTranspose2d layer = SpectralNorm.apply(new ConvTranspose2d(2, 5, 3), "weight", new Rng(1));
        assertThat(layer.stateDict().get("parametrizations.weight.0._u").shape().toArray())
                .containsExactly(5);
    }

    @Test
    void gradientsOfAnotherShapeOrTypeAreAnError() {
        Layer model = new Sequential(new Linear(3, 2));
        Tensor x = Tensor.ones(4, 3);
        for (UnaryOperator<Tensor> hook : List.<UnaryOperator<Tensor>>of(g -> g.sum(0), g -> g.to(DType.F64))) {
            Runnable remove = model.hookBackward("0", hook);
            assertThatThrownBy(() -> Autograd.gradients(model.forward(x).sum()))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("backward hook: returned")
                    .hasMessageContaining("F32[4, 2]");
            remove.run();
        }
    }

    @Test
    void hooksThatGiveNothingAreAnError() {
        Linear linear = new Linear(2, 2, new Rng(1));
        Runnable remove = linear.hookForward("", y -> null);
        assertThatThrownBy(() -> linear.forward(Tensor.ones(1, 2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("hook: returned null");
        remove.run();
        linear.hookBackward("", g -> null);
        Tensor y = linear.forward(Tensor.ones(1, 2)).sum();
        assertThatThrownBy(() -> Autograd.gradients(y))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("hook: returned null");
    }

    @Test
    void hooksMayRemoveThemselvesWhileTheyRun() {
        Linear linear = new Linear(2, 2, new Rng(1));
        List<Runnable> removals = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        removals.add(linear.hookForward("", y -> {
            removals.getFirst().run();
            seen.add("once");
            return y;
        }));
        linear.hookForward("", y -> {
            seen.add("always");
            return y;
        });
        linear.forward(Tensor.ones(1, 2));
        linear.forward(Tensor.ones(1, 2));
        assertThat(seen).containsExactly("once", "always", "always");
    }
}
