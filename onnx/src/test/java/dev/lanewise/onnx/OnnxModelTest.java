package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxModelTest {
    /** y = relu(x w + b) with parameters layer.weight and layer.bias. */
    private static OnnxModel model() {
        Proto graph = Proto.graph(
                        Proto.node("MatMul", "product", new String[] {"x", "layer.weight"}, "h"),
                        Proto.node("Add", "sum", new String[] {"h", "layer.bias"}, "a"),
                        Proto.node("Relu", "", new String[] {"a"}, "y"))
                .message(5, Proto.floats("layer.weight", new long[] {2, 2}, 1, 2, 3, 4))
                .message(5, Proto.floats("layer.bias", new long[] {2}, 0.5f, -20));
        return OnnxModel.load(MemorySegment.ofArray(Proto.model(graph).toBytes()));
    }

    @Test
    void callsByNameAndByOneTensorComputeTheSame() {
        OnnxModel model = model();
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        float[] expected = {7.5f, 0, 15.5f, 2};
        assertThat(model.forward(x).toFloatArray()).containsExactly(expected);
        assertThat(model.forward(Map.of("x", x)).get("y").toFloatArray()).containsExactly(expected);
    }

    @Test
    void initializersAreParametersUnderTheirNames() {
        assertThat(model().namedParameters()).containsOnlyKeys("weights.layer.weight", "weights.layer.bias");
    }

    @Test
    void anImportedGraphCanBeTrained() {
        OnnxModel model = model();
        Sgd optimizer = new Sgd(model.parameters(), 0.01);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        Tensor target = Tensor.of(new float[] {1, 0, 1, 0}, 2, 2);
        double first = 0;
        double last = 0;
        for (int step = 0; step < 20; step++) {
            Tensor loss = model.forward(x).sub(target).square().mean();
            last = loss.item();
            first = step == 0 ? last : first;
            optimizer.step(Autograd.gradients(loss));
        }
        assertThat(last).isLessThan(first / 2);
    }

    @Test
    void wrongArgumentsAreNamed() {
        OnnxModel model = model();
        Tensor x = Tensor.of(new float[] {1, 2}, 1, 2);
        assertThatThrownBy(() -> model.forward(Map.of()))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("x");
        assertThatThrownBy(() -> model.forward(Map.of("x", x, "z", x))).hasMessageContaining("'z'");
        assertThatThrownBy(() -> model.forward(Map.of("x", x.to(DType.I64)))).hasMessageContaining("INT64");
        assertThatThrownBy(() -> model.forward(Map.of("x", Tensor.zeros(1, 3))))
                .hasMessageContaining("node")
                .hasMessageContaining("[1, 3]");
    }
}
