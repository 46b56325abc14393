package dev.lanewise.onnx;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxWeightsTest {
    @TempDir
    private Path folder;

    @Test
    void linearWeightsGetTheirNamesAndLayoutBack() throws IOException {
        Proto graph = Proto.graph(
                        Proto.node("MatMul", "/a/MatMul", new String[] {"x", "onnx::MatMul_7"}, "p"),
                        Proto.node("Add", "/a/Add", new String[] {"a.own.bias", "p"}, "q"),
                        Proto.node("MatMul", "/block.0/b/MatMul", new String[] {"q", "onnx::MatMul_8"}, "r"),
                        Proto.node("MatMul", "", new String[] {"r", "free"}, "y"))
                .message(5, Proto.floats("onnx::MatMul_7", new long[] {2, 3}, 1, 2, 3, 4, 5, 6))
                .message(5, Proto.floats("a.own.bias", new long[] {3}, 7, 8, 9))
                .message(5, Proto.floats("onnx::MatMul_8", new long[] {3, 1}, 1, 2, 3))
                .message(5, Proto.floats("free", new long[] {1, 2}, 4, 5));
        Path file = folder.resolve("model.onnx");
        Files.write(file, Proto.model(graph).toBytes());
        Map<String, Tensor> weights = OnnxWeights.read(file);
        assertThat(weights).containsOnlyKeys("a.own.weight", "a.own.bias", "block.0.b.weight", "free");
        assertThat(requireNonNull(weights.get("a.own.weight")).shape()).isEqualTo(Shape.of(3, 2));
        assertThat(requireNonNull(weights.get("a.own.weight")).toFloatArray()).containsExactly(1, 4, 2, 5, 3, 6);
        assertThat(requireNonNull(weights.get("block.0.b.weight")).shape()).isEqualTo(Shape.of(1, 3));
        // what tells nothing about its layer stays as it is
        assertThat(requireNonNull(weights.get("free")).shape()).isEqualTo(Shape.of(1, 2));
    }
}
