package dev.lanewise.onnx.format;

import dev.lanewise.onnx.ValueInfo;
import java.util.List;
import java.util.Map;

/**
 * A graph, of a model, of a branch or of a function's body.
 *
 * @param name its name
 * @param nodes its nodes
 * @param initializers its stored tensors by name
 * @param inputs its inputs, which may name initializers too
 * @param outputs its outputs
 * @param types types that the file states for intermediate values
 */
public record Graph(
        String name,
        List<Node> nodes,
        Map<String, StoredTensor> initializers,
        List<ValueInfo> inputs,
        List<ValueInfo> outputs,
        Map<String, ValueInfo> types) {}
