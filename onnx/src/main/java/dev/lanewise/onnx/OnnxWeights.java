package dev.lanewise.onnx;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.ModelFolder;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The weights in an ONNX file under the names that they had in the model that PyTorch exported, so that they fit that model's
 * layers: what is a {@code state_dict} again.
 *
 * <p>PyTorch's exporter turns the weight of a linear layer round, and gives it a number for a name. It gets its own name and
 * layout back: that of the bias that is added to the product, or that of the node, {@code /encoder/dense/MatMul}.
 */
public final class OnnxWeights {
    private static final Set<ElementType> TYPES =
            Set.of(ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16, ElementType.BFLOAT16);

    private OnnxWeights() {}

    /**
     * Reads the floating-point weights of a file.
     *
     * @param file an ONNX file; external data may lie beside it
     * @return tensors by name; weights of linear layers are {@code [out, in]}
     * @throws BadFileException if the file can't be read or is damaged
     */
    public static Map<String, Tensor> read(Path file) {
        Graph graph = ModelReader.model(file, ModelFolder.map(file), new ModelFolder(file))
                .graph();
        Map<String, String> turned = linearWeights(graph);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        graph.initializers().forEach((name, stored) -> {
            if (TYPES.contains(stored.type()) && stored.toValue() instanceof OnnxValue.Numbers numbers) {
                String own = turned.get(name);
                Tensor value = own == null
                        ? numbers.tensor()
                        : numbers.tensor().transpose(0, 1).contiguous();
                Tensor before = weights.put(own == null ? name : own, value);
                if (before != null) {
                    throw new BadFileException(
                            file, "two weights '" + own + "'", "one for each layer", "load it as an OnnxModel");
                }
            }
        });
        return weights;
    }

    /** The layers' names for weights {@code [in, out]} of products. */
    private static Map<String, String> linearWeights(Graph graph) {
        Map<String, Node> added = new HashMap<>();
        for (Node node : graph.nodes()) {
            if (node.key().equals("Add")) {
                node.inputs().forEach(input -> added.put(input, node));
            }
        }
        Map<String, String> names = new HashMap<>();
        for (Node node : graph.nodes()) {
            if (node.key().equals("MatMul") && node.inputs().size() == 2) {
                String weight = node.inputs().get(1);
                StoredTensor stored = graph.initializers().get(weight);
                String name = stored == null || stored.shape().rank() != 2 ? null : name(graph, node, added);
                if (name != null && !graph.initializers().containsKey(name)) {
                    names.put(weight, name);
                }
            }
        }
        return names;
    }

    private static @Nullable String name(Graph graph, Node product, Map<String, Node> added) {
        Node sum = added.get(product.outputs().getFirst());
        List<String> summands = sum == null ? List.of() : sum.inputs();
        for (String summand : summands) {
            if (summand.endsWith(".bias") && graph.initializers().containsKey(summand)) {
                return summand.substring(0, summand.length() - "bias".length()) + "weight";
            }
        }
        String path = product.name();
        return path.startsWith("/") && path.endsWith("/MatMul") && path.length() > "/MatMul".length()
                ? path.substring(1, path.length() - "MatMul".length()).replace('/', '.') + "weight"
                : null;
    }
}
