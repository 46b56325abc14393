package dev.lanewise.onnx.format;

import dev.lanewise.onnx.ElementType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node's attribute.
 *
 * @param name its name
 * @param kind the number that the file gives its kind, 0 if none
 * @param reference the attribute of the enclosing function that it refers to, or empty
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
public record Attribute(
        String name,
        int kind,
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
    static final int REAL = 1;
    static final int WHOLE = 2;
    static final int TEXT = 3;
    static final int TENSOR = 4;
    static final int REALS = 6;
    static final int WHOLES = 7;
    static final int TEXTS = 8;

    private static final float[] NO_REALS = {};
    private static final long[] NO_WHOLES = {};

    /** A whole number. */
    public static Attribute of(String name, long value) {
        return new Attribute(
                name, WHOLE, "", 0, value, "", null, null, NO_REALS, NO_WHOLES, List.of(), List.of(), null);
    }

    /** A real number. */
    public static Attribute of(String name, double value) {
        return new Attribute(
                name, REAL, "", (float) value, 0, "", null, null, NO_REALS, NO_WHOLES, List.of(), List.of(), null);
    }

    /** A text. */
    public static Attribute of(String name, String value) {
        return new Attribute(name, TEXT, "", 0, 0, value, null, null, NO_REALS, NO_WHOLES, List.of(), List.of(), null);
    }

    /** Whole numbers. */
    public static Attribute list(String name, long... values) {
        return new Attribute(name, WHOLES, "", 0, 0, "", null, null, NO_REALS, values, List.of(), List.of(), null);
    }

    /** A tensor. */
    public static Attribute of(String name, StoredTensor value) {
        return new Attribute(name, TENSOR, "", 0, 0, "", value, null, NO_REALS, NO_WHOLES, List.of(), List.of(), null);
    }

    /** The same attribute under another name. */
    public Attribute renamed(String newName) {
        return new Attribute(
                newName, kind, "", real, whole, text, tensor, graph, reals, wholes, texts, tensors, element);
    }

    /** The same attribute with another graph. */
    public Attribute withGraph(Graph other) {
        return new Attribute(
                name, kind, reference, real, whole, text, tensor, other, reals, wholes, texts, tensors, element);
    }
}
