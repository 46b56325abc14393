package dev.lanewise.onnx;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.format.ModelFolder;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.onnx.plan.Preparer;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a file contains, whether its model can run or not.
 *
 * @param opsets the version of every domain's operators; the domain {@code ai.onnx} is empty
 * @param inputs the inputs that a call must give
 * @param outputs the outputs of a call
 * @param operators how often each operator occurs in the graph, including graphs inside nodes
 * @param missing the operators that the model needs and that are not supported, each with its domain, version and first
 *     node
 */
public record ModelInfo(
        Map<String, Integer> opsets,
        List<ValueInfo> inputs,
        List<ValueInfo> outputs,
        Map<String, Integer> operators,
        List<String> missing) {
    /** Holds the given values, none of which may be null. */
    public ModelInfo {
        Objects.requireNonNull(opsets, "opsets");
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(outputs, "outputs");
        Objects.requireNonNull(operators, "operators");
        Objects.requireNonNull(missing, "missing");
    }

    /**
     * Reads what a file says of its model, without its weights.
     *
     * @param file the file
     * @return what the file contains
     * @throws BadFileException if the file can't be read or is damaged
     * @throws TensorException if its graph is wrong
     */
    public static ModelInfo read(Path file) {
        Model model = ModelReader.model(file, ModelFolder.map(file), new ModelFolder(file));
        Graph graph = model.graph();
        Map<String, Integer> operators = new TreeMap<>();
        OnnxModel.count(graph, operators);
        return new ModelInfo(
                new TreeMap<>(model.opsets()),
                inputs(graph),
                graph.outputs(),
                operators,
                Preparer.prepare(model).missing());
    }

    /** The inputs that no initializer gives. */
    static List<ValueInfo> inputs(Graph graph) {
        return graph.inputs().stream()
                .filter(input -> !graph.initializers().containsKey(input.name()))
                .toList();
    }
}
