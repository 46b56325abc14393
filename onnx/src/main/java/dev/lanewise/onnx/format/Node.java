package dev.lanewise.onnx.format;

import java.util.List;
import java.util.Map;

/**
 * A node of a graph.
 *
 * @param name its name, possibly empty
 * @param op the operator
 * @param domain the operator's domain, empty for ai.onnx
 * @param overload which of several functions with the same name
 * @param inputs names of values, empty where one is left out
 * @param outputs likewise
 * @param attributes the attributes by name
 */
public record Node(
        String name,
        String op,
        String domain,
        String overload,
        List<String> inputs,
        List<String> outputs,
        Map<String, Attribute> attributes) {
    /** The operator with its domain. */
    public String key() {
        return key(domain, op);
    }

    static String key(String domain, String op) {
        return domain.isEmpty() || domain.equals("ai.onnx") ? op : domain + ":" + op;
    }

    /** The node's name in messages. */
    public String describe() {
        return key() + (name.isEmpty() ? " " + outputs : " '" + name + "'");
    }
}
