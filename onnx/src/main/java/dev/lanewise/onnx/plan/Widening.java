package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.StoredTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a model of 16-bit floats into one of 32-bit floats, which a CPU computes faster and more accurately; inputs are
 * widened and outputs rounded once.
 */
public final class Widening {
    private static final Set<String> TYPES =
            Set.of("to", "dtype", "output_dtype", "softmax_precision", "output_datatype");
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Widening() {}

    /** The model, widened if it has 16-bit floats and never uses their bits. */
    public static Model widened(Model model) {
        if (!isNeeded(model)) {
            return model;
        }
        Map<String, Model.Function> functions = new LinkedHashMap<>();
        model.functions()
                .forEach((name, f) -> functions.put(
                        name,
                        new Model.Function(
                                f.name(),
                                f.domain(),
                                f.inputs(),
                                f.outputs(),
                                f.attributes(),
                                attributes(f.defaults()),
                                nodes(f.nodes()),
                                f.opsets())));
        return new Model(model.irVersion(), model.producer(), model.opsets(), graph(model.graph()), functions);
    }

    /** Whether the model has 16-bit floats and never uses their bits. */
    public static boolean isNeeded(Model model) {
        return hasHalf(model.graph())
                && !usesBits(model.graph().nodes())
                && model.functions().values().stream().noneMatch(function -> usesBits(function.nodes()));
    }

    private static boolean hasHalf(Graph graph) {
        return graph.inputs().stream().anyMatch(input -> input.type() == ElementType.FLOAT16)
                || graph.initializers().values().stream().anyMatch(tensor -> tensor.type() == ElementType.FLOAT16);
    }

    private static boolean usesBits(List<Node> nodes) {
        for (Node node : nodes) {
            if (node.op().equals("BitCast")) {
                return true;
            }
            for (Attribute attribute : node.attributes().values()) {
                Graph graph = attribute.graph();
                if (graph != null && usesBits(graph.nodes())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Graph graph(Graph graph) {
        Map<String, StoredTensor> initializers = new LinkedHashMap<>();
        graph.initializers().forEach((name, tensor) -> initializers.put(name, tensor(tensor)));
        return new Graph(
                graph.name(),
                nodes(graph.nodes()),
                initializers,
                infos(graph.inputs()),
                infos(graph.outputs()),
                Map.of());
    }

    private static List<ValueInfo> infos(List<ValueInfo> infos) {
        return infos.stream()
                .map(info -> info.type() == ElementType.FLOAT16
                        ? new ValueInfo(info.name(), info.kind(), ElementType.FLOAT, info.dims())
                        : info)
                .toList();
    }

    private static List<Node> nodes(List<Node> nodes) {
        List<Node> wide = new ArrayList<>(nodes.size());
        for (Node node : nodes) {
            wide.add(new Node(
                    node.name(),
                    node.op(),
                    node.domain(),
                    node.overload(),
                    node.inputs(),
                    node.outputs(),
                    attributes(node.attributes())));
        }
        return wide;
    }

    private static Map<String, Attribute> attributes(Map<String, Attribute> attributes) {
        Map<String, Attribute> wide = new LinkedHashMap<>();
        attributes.forEach((name, a) -> {
            boolean half = TYPES.contains(name) && a.whole() == ElementType.FLOAT16.number();
            Graph graph = a.graph();
            wide.put(
                    name,
                    new Attribute(
                            a.name(),
                            a.kind(),
                            a.reference(),
                            a.real(),
                            half ? ElementType.FLOAT.number() : a.whole(),
                            a.text(),
                            maybe(a.tensor()),
                            graph == null ? null : graph(graph),
                            a.reals(),
                            a.wholes(),
                            a.texts(),
                            a.tensors().stream().map(Widening::tensor).toList(),
                            a.element() == ElementType.FLOAT16 ? ElementType.FLOAT : a.element()));
        });
        return wide;
    }

    private static @Nullable StoredTensor maybe(@Nullable StoredTensor tensor) {
        return tensor == null ? null : tensor(tensor);
    }

    private static StoredTensor tensor(StoredTensor tensor) {
        if (tensor.type() != ElementType.FLOAT16) {
            return tensor;
        }
        int count = Math.toIntExact(tensor.shape().elements());
        MemorySegment wide = MemorySegment.ofArray(new byte[Math.multiplyExact(count, 4)]);
        for (int i = 0; i < count; i++) {
            wide.setAtIndex(FLOAT, i, Float.float16ToFloat(tensor.memory().getAtIndex(SHORT, i)));
        }
        return new StoredTensor(tensor.name(), ElementType.FLOAT, tensor.shape(), wide, tensor.texts());
    }
}
