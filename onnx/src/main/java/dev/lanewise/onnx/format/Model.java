package dev.lanewise.onnx.format;

import java.util.List;
import java.util.Map;

/**
 * The content of a file.
 *
 * @param irVersion the version of the format
 * @param producer the program that wrote it
 * @param opsets the version of each domain's operators
 * @param graph the graph
 * @param functions the model's own functions by domain, name and overload
 */
public record Model(
        long irVersion, String producer, Map<String, Integer> opsets, Graph graph, Map<String, Function> functions) {
    /**
     * A function of the model.
     *
     * @param name its name
     * @param domain its domain
     * @param inputs the names of its inputs
     * @param outputs the names of its outputs
     * @param attributes the names of attributes without default
     * @param defaults attributes with default
     * @param nodes its body
     * @param opsets the versions of the operators in its body
     */
    public record Function(
            String name,
            String domain,
            List<String> inputs,
            List<String> outputs,
            List<String> attributes,
            Map<String, Attribute> defaults,
            List<Node> nodes,
            Map<String, Integer> opsets) {}
}
