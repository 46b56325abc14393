package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.tensor.TensorException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds nodes whose inputs must have the same type and don't, as far as the file states types. */
final class TypeCheck {
    private static final Set<String> ALIKE =
            Set.of("Add", "Sub", "Mul", "Div", "MatMul", "Gemm", "Conv", "Max", "Min", "Concat", "Sum", "Mean");
    private static final Set<String> KEEP = Set.of(
            "Relu",
            "Neg",
            "Abs",
            "Identity",
            "Transpose",
            "Reshape",
            "Squeeze",
            "Unsqueeze",
            "Flatten",
            "Sigmoid",
            "Tanh",
            "Exp",
            "Log",
            "Sqrt",
            "Erf",
            "Softmax",
            "Gather",
            "Slice",
            "Expand",
            "Tile",
            "Clip");

    private TypeCheck() {}

    static void check(Graph graph) {
        Map<String, ElementType> types = new HashMap<>();
        for (ValueInfo input : graph.inputs()) {
            put(types, input.name(), input.kind() == ValueInfo.Kind.TENSOR ? input.type() : null);
        }
        graph.initializers().forEach((name, tensor) -> types.put(name, tensor.type()));
        for (Node node : graph.nodes()) {
            if (!node.domain().isEmpty()) {
                continue;
            }
            boolean alike = ALIKE.contains(node.op());
            ElementType first = null;
            for (String input : node.inputs()) {
                ElementType type = types.get(input);
                if (alike && type != null && first != null && type != first) {
                    throw new TensorException("onnx: node " + node.describe() + ": inputs of types " + first + " and "
                            + type + " (expected one type: " + node.op() + " takes operands alike); insert a Cast");
                }
                first = first == null ? type : first;
            }
            if (!node.outputs().isEmpty() && !node.inputs().isEmpty()) {
                boolean keeps = alike || KEEP.contains(node.op());
                put(
                        types,
                        node.outputs().getFirst(),
                        keeps ? types.get(node.inputs().getFirst()) : null);
            }
        }
    }

    private static void put(Map<String, ElementType> types, String name, @Nullable ElementType type) {
        if (type != null) {
            types.put(name, type);
        }
    }
}
