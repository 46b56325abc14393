package dev.lanewise.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node's attribute.
 *
 * @param name its name
 * @param reference the attribute of the enclosing function that it stands for, or empty
 * @param real the real number
 * @param whole the whole number
 * @param text the text
 * @param tensor the tensor, or null
 * @param graph the graph, or null
 * @param reals the real numbers
 * @param wholes the whole numbers
 * @param texts the texts
 * @param tensors the tensors
 * @param element the element type of a type attribute, or null
 */
record Attribute(
        String name,
        String reference,
        float real,
        long whole,
        String text,
        @Nullable StoredTensor tensor,
        @Nullable Graph graph,
        float[] reals,
        long[] wholes,
        List<String> texts,
        List<StoredTensor> tensors,
        @Nullable ElementType element) {
    /** The same attribute under another name. */
    Attribute renamed(String newName) {
        return new Attribute(newName, "", real, whole, text, tensor, graph, reals, wholes, texts, tensors, element);
    }

    /** The same attribute with another graph. */
    Attribute withGraph(Graph other) {
        return new Attribute(name, reference, real, whole, text, tensor, other, reals, wholes, texts, tensors, element);
    }
}
