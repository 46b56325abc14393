package dev.lanewise.onnx.export;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A graph that grows node by node. */
final class GraphBuilder {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, StoredTensor> initializers = new LinkedHashMap<>();
    private final Map<String, String> constants = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /** Reserves a name for the caller's use. */
    void reserve(String name) {
        names.add(name);
    }

    private String fresh(String base) {
        String name;
        do {
            name = base + "_" + counts.merge(base, 1, Integer::sum);
        } while (!names.add(name));
        return name;
    }

    /** Adds a node and returns its first output. */
    String add(String op, List<String> inputs, Attribute... attributes) {
        return addAll(op, inputs, 1, attributes).getFirst();
    }

    /** Adds a node with one input. */
    String add(String op, String input, Attribute... attributes) {
        return add(op, List.of(input), attributes);
    }

    /** Adds a node with two inputs. */
    String add(String op, String a, String b, Attribute... attributes) {
        return add(op, List.of(a, b), attributes);
    }

    /** Adds a node with several outputs. */
    List<String> addAll(String op, List<String> inputs, int outputs, Attribute... attributes) {
        List<String> results = new ArrayList<>();
        String name = fresh(op.toLowerCase(Locale.ROOT));
        results.add(name);
        for (int i = 1; i < outputs; i++) {
            results.add(fresh(name + "_output"));
        }
        Map<String, Attribute> byName = new LinkedHashMap<>();
        for (Attribute attribute : attributes) {
            byName.put(attribute.name(), attribute);
        }
        nodes.add(new Node(name, op, "", "", inputs, results, byName));
        return results;
    }

    /** Whether a node computes a value. */
    boolean isComputed(String name) {
        return nodes.stream().anyMatch(node -> node.outputs().contains(name));
    }

    /** Adds a stored tensor under its own name. */
    void store(String name, ElementType type, Shape shape, MemorySegment elements) {
        names.add(name);
        initializers.put(name, new StoredTensor(name, type, shape, elements, List.of()));
    }

    /** A stored tensor under a new name. */
    String constant(ElementType type, Shape shape, MemorySegment elements) {
        String name = fresh("constant");
        store(name, type, shape, elements);
        return name;
    }

    /** A vector of whole numbers; equal ones are stored once. */
    String vector(long... values) {
        return constants.computeIfAbsent("vector" + Arrays.toString(values), key -> {
            MemorySegment elements = MemorySegment.ofArray(new byte[values.length * Long.BYTES]);
            for (int i = 0; i < values.length; i++) {
                elements.setAtIndex(LONG, i, values[i]);
            }
            return constant(ElementType.INT64, Shape.of(values.length), elements);
        });
    }

    /** A scalar; equal ones are stored once. */
    String scalar(double value, DType dtype) {
        return constants.computeIfAbsent(
                dtype + " " + Double.doubleToRawLongBits(value),
                key -> constant(ElementType.of(dtype), Shape.SCALAR, element(value, dtype)));
    }

    /** One element as it is stored. */
    static MemorySegment element(double value, DType dtype) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[dtype.bytes()]);
        switch (dtype) {
            case F32 -> bytes.set(INT, 0, Float.floatToRawIntBits((float) value));
            case F64 -> bytes.set(LONG, 0, Double.doubleToRawLongBits(value));
            case F16 -> bytes.set(SHORT, 0, Float.floatToFloat16((float) value));
            case BF16 -> bytes.set(SHORT, 0, bfloat16((float) value));
            case I32 -> bytes.set(INT, 0, (int) value);
            case I64 -> bytes.set(LONG, 0, (long) value);
            case I8, U8 -> bytes.set(ValueLayout.JAVA_BYTE, 0, (byte) value);
            case BOOL -> bytes.set(ValueLayout.JAVA_BYTE, 0, (byte) (value == 0 ? 0 : 1));
        }
        return bytes;
    }

    /** Rounded to nearest, halves to even. */
    private static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value) ? (short) 0x7fc0 : (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** The graph, with some values renamed. */
    Graph graph(String name, List<ValueInfo> inputs, List<ValueInfo> outputs, Map<String, String> renamed) {
        List<Node> finished = nodes.stream()
                .map(node -> new Node(
                        renamed.getOrDefault(node.name(), node.name()),
                        node.op(),
                        node.domain(),
                        node.overload(),
                        renamed(node.inputs(), renamed),
                        renamed(node.outputs(), renamed),
                        node.attributes()))
                .toList();
        return new Graph(name, finished, initializers, inputs, outputs, Map.of());
    }

    private static List<String> renamed(List<String> names, Map<String, String> renamed) {
        return names.stream().map(name -> renamed.getOrDefault(name, name)).toList();
    }
}
