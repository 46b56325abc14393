package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ModuleTest {
    private final Module model =
            new Sequential(new Linear(4, 3, new Rng(1)), new ReLU(), new Dropout(0.5), new Linear(3, 2, new Rng(2)));

    @Test
    void namesArePyTorchs() {
        assertThat(model.stateDict().keySet()).containsExactly("0.weight", "0.bias", "3.weight", "3.bias");
        assertThat(model.parameterCount()).isEqualTo(4 * 3 + 3 + 3 * 2 + 2);
        assertThat(model.toString())
                .contains("(0): Linear(in=4, out=3, bias=true)")
                .contains("Dropout(p=0.5)");
    }

    @Test
    void fusedReluEqualsTheTwoLayers() {
        Linear linear = new Linear(4, 3, new Rng(1));
        Tensor x = new Rng(5).randn(DType.F32, 6, 4);
        assertThat(new Sequential(linear, new ReLU()).forward(x).toFloatArray())
                .containsExactly(linear.forward(x).relu().toFloatArray());
    }

    @Test
    void dropoutActsInTrainingOnly() {
        Tensor x = Tensor.ones(1000);
        Dropout dropout = new Dropout(0.25, new Rng(7));
        double mean = dropout.forward(x).mean().item();
        assertThat(mean).isBetween(0.9, 1.1);
        assertThat(dropout.forward(x).eq(0).sum().itemLong()).isBetween(200L, 300L);
        dropout.eval();
        assertThat(dropout.forward(x).toFloatArray()).containsOnly(1f);
    }

    @Test
    void batchNormFollowsStatisticsAndUsesThem() {
        BatchNorm norm = new BatchNorm(2);
        Tensor x = Tensor.of(new float[][] {{1, 10}, {3, 30}});
        assertThat(norm.forward(x).mean(0).abs().amax().item()).isLessThan(1e-6);
        Map<String, Tensor> state = norm.stateDict();
        assertThat(state.get("running_mean").toFloatArray()).containsExactly(0.2f, 2f);
        assertThat(state.get("running_var").toFloatArray()).containsExactly(0.9f + 0.1f * 2, 0.9f + 0.1f * 200);
        assertThat(state.get("num_batches_tracked").itemLong()).isEqualTo(1);
        norm.eval();
        assertThat(norm.forward(Tensor.of(new float[][] {{0.2f, 2f}}))
                        .abs()
                        .amax()
                        .item())
                .isLessThan(1e-6);
    }

    @Test
    void stateOfAnotherModelIsRefusedWhole() {
        Map<String, Tensor> state = new LinkedHashMap<>(model.stateDict());
        float[] before = model.stateDict().get("0.bias").toFloatArray();
        state.put("0.bias", Tensor.ones(3));
        state.put("0.weight", Tensor.ones(3, 5));
        state.put("extra", Tensor.ones(1));
        state.remove("3.bias");
        assertThatThrownBy(() -> model.loadStateDict(state))
                .hasMessageContaining("missing 3.bias")
                .hasMessageContaining("unexpected extra")
                .hasMessageContaining("0.weight is [3, 5] (expected [3, 4])");
        assertThat(model.stateDict().get("0.bias").toFloatArray()).containsExactly(before);
    }

    @Test
    void frozenParametersStay() {
        List<Parameter> parameters = model.parameters();
        model.freeze(true);
        parameters.getLast().freeze(false);
        float[] before = parameters.getFirst().leaf().toFloatArray();
        float[] lastBefore = parameters.getLast().leaf().toFloatArray();
        Gradients gradients =
                Autograd.gradients(model.forward(Tensor.ones(2, 4)).sum());
        new Sgd(parameters, 0.1).step(gradients);
        assertThat(parameters.getFirst().leaf().toFloatArray()).containsExactly(before);
        assertThat(parameters.getLast().leaf().toFloatArray()).isNotEqualTo(lastBefore);
    }

    @Test
    void functionalCallUsesOtherTensorsForItsThreadOnly() {
        Linear linear = new Linear(1, 1, false, new Rng(1));
        Tensor other = Autograd.watch(Tensor.full(5, DType.F32, Device.CPU, 1, 1));
        Tensor y = linear.functionalCall(Map.of("weight", other), () -> linear.forward(Tensor.ones(1, 1)));
        assertThat(y.item()).isEqualTo(5);
        assertThat(Autograd.gradients(y.sum()).of(other).item()).isEqualTo(1);
        assertThat(linear.forward(Tensor.ones(1, 1)).item()).isNotEqualTo(5);
    }

    @Test
    void xorIsLearned() {
        Module xor = new Sequential(new Linear(2, 8, new Rng(3)), Activation.tanh(), new Linear(8, 2, new Rng(4)));
        Adam adam = new Adam(xor.parameters(), 0.05);
        Tensor x = Tensor.of(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
        Tensor y = Tensor.of(new long[] {0, 1, 1, 0});
        for (int step = 0; step < 300; step++) {
            adam.step(Autograd.gradients(xor.forward(x).crossEntropy(y)));
        }
        assertThat(xor.forward(x).argmax(1).toLongArray()).containsExactly(0, 1, 1, 0);
    }

    @Test
    void badAttributesSaySo() {
        assertThatThrownBy(() -> new Dropout(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> new MultiHeadAttention(10, 3, new Rng(0))).hasMessageContaining("divides");
        assertThatThrownBy(() -> new Sgd(List.of(), 0.1)).hasMessageContaining("no parameters");
        assertThatThrownBy(() -> new Sgd(model.parameters(), -1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> new Linear(4, 2).forward(Tensor.ones(3, 5)))
                .hasMessageContaining("linear")
                .hasMessageContaining("[3, 5]")
                .hasMessageContaining("[2, 4]");
    }
}
