package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rounds the values of a widened graph to 16 bits where nodes only move them: in between they are computed in 32 bits,
 * as other runtimes do on processors without 16-bit arithmetic, so that results agree with theirs.
 */
public final class HalfRounding {
    private static final Set<String> MOVES = Set.of(
            "Reshape", "Transpose", "Concat", "Slice", "Gather", "Split", "Squeeze", "Unsqueeze", "Expand", "Flatten");

    private HalfRounding() {}

    /**
     * The program with the values rounded.
     *
     * @param stored the model as it was, with its types
     */
    public static Program rounded(Program program, Model stored) {
        Set<String> half = new HashSet<>();
        stored.graph().inputs().forEach(input -> {
            if (input.type() == ElementType.FLOAT16) {
                half.add(input.name());
            }
        });
        stored.graph().initializers().forEach((name, tensor) -> {
            if (tensor.type() == ElementType.FLOAT16) {
                half.add(name);
            }
        });
        List<Program.Step> steps = new ArrayList<>();
        Set<String> computed = new HashSet<>();
        List<Node> nodes = stored.graph().nodes();
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            Program.Step step = program.steps().get(i);
            boolean moves = MOVES.contains(node.key());
            if (isHalf(node, half)) {
                half.addAll(node.outputs());
                if (!moves) {
                    computed.addAll(node.outputs());
                }
            }
            boolean rounds = moves && node.inputs().stream().anyMatch(computed::contains);
            steps.add(
                    rounds
                            ? new Program.Step(step.node(), step.opset(), new Rounding(step.operator()), Map.of())
                            : step);
        }
        return program.with(steps);
    }

    private static boolean isHalf(Node node, Set<String> half) {
        Attribute to = node.attributes().get("to");
        if (node.op().equals("Cast") && to != null) {
            return to.whole() == ElementType.FLOAT16.number();
        }
        Attribute value = node.attributes().get("value");
        StoredTensor tensor = value == null ? null : value.tensor();
        return tensor != null && tensor.type() == ElementType.FLOAT16
                || node.inputs().stream().anyMatch(half::contains);
    }

    /**
     * An operator whose results are rounded.
     *
     * @param operator the operator
     */
    record Rounding(Operator operator) implements Operator {
        @Override
        public OnnxValue[] run(Call call) {
            OnnxValue[] results = operator.run(call);
            for (int i = 0; i < results.length; i++) {
                if (results[i] instanceof OnnxValue.Numbers numbers && numbers.type() == ElementType.FLOAT) {
                    results[i] = OnnxValue.of(numbers.tensor().to(DType.F16).to(DType.F32));
                }
            }
            return results;
        }
    }
}
