package dev.lanewise.onnx.format;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.TensorReader.LongList;
import dev.lanewise.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads models and values in ONNX's messages (onnx.proto of ONNX 1.23). */
public final class ModelReader {
    private final TensorReader.@Nullable ExternalData folder;

    private ModelReader(TensorReader.@Nullable ExternalData folder) {
        this.folder = folder;
    }

    /**
     * Reads a model.
     *
     * @param file the name of the file in messages
     * @param folder where external data may be, or null if none is allowed
     */
    public static Model model(Object file, MemorySegment memory, TensorReader.@Nullable ExternalData folder) {
        return new ModelReader(folder).model(new Wire(file, memory));
    }

    /** Reads a TensorProto, SequenceProto or OptionalProto. */
    public static OnnxValue value(Object file, MemorySegment memory, ValueInfo.Kind kind) {
        return value(new Wire(file, memory), kind, 0);
    }

    private static OnnxValue value(Wire wire, ValueInfo.Kind kind, int depth) {
        if (kind == ValueInfo.Kind.TENSOR) {
            return TensorReader.read(wire, null).toValue();
        }
        List<OnnxValue> values = new ArrayList<>();
        while (wire.next()) {
            switch (wire.field()) {
                case 3 -> values.add(value(wire.message(), ValueInfo.Kind.TENSOR, depth + 1));
                case 5 -> values.add(value(wire.message(), ValueInfo.Kind.SEQUENCE, depth + 1));
                case 7 -> values.add(value(wire.message(), ValueInfo.Kind.OPTIONAL, depth + 1));
                default -> wire.skip();
            }
        }
        if (kind == ValueInfo.Kind.OPTIONAL) {
            return values.isEmpty() ? new OnnxValue.Nothing() : values.getFirst();
        }
        return new OnnxValue.Sequence(List.copyOf(values));
    }

    private Model model(Wire wire) {
        long ir = 0;
        String producer = "";
        Map<String, Integer> opsets = new HashMap<>();
        Map<String, Model.Function> functions = new HashMap<>();
        Graph graph = null;
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> ir = wire.number();
                case 2 -> producer = wire.string();
                case 7 -> graph = graph(wire.message());
                case 8 -> opset(wire.message(), opsets);
                case 25 -> function(wire.message(), functions);
                default -> wire.skip();
            }
        }
        if (graph == null) {
            throw wire.bad("no graph", "an ONNX model");
        }
        return new Model(ir, producer, opsets, graph, functions);
    }

    private static void opset(Wire wire, Map<String, Integer> opsets) {
        String domain = "";
        long version = 0;
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> domain = wire.string();
                case 2 -> version = wire.number();
                default -> wire.skip();
            }
        }
        opsets.put(domain.equals("ai.onnx") ? "" : domain, (int) Math.clamp(version, 0L, 1_000_000L));
    }

    private void function(Wire wire, Map<String, Model.Function> functions) {
        String name = "";
        String domain = "";
        String overload = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        List<String> attributes = new ArrayList<>();
        Map<String, Attribute> defaults = new LinkedHashMap<>();
        List<Node> nodes = new ArrayList<>();
        Map<String, Integer> opsets = new HashMap<>();
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> name = wire.string();
                case 4 -> inputs.add(wire.string());
                case 5 -> outputs.add(wire.string());
                case 6 -> attributes.add(wire.string());
                case 7 -> nodes.add(node(wire.message()));
                case 9 -> opset(wire.message(), opsets);
                case 10 -> domain = wire.string();
                case 11 -> {
                    Attribute attribute = attribute(wire.message());
                    defaults.put(attribute.name(), attribute);
                }
                case 13 -> overload = wire.string();
                default -> wire.skip();
            }
        }
        functions.put(
                functionKey(domain, name, overload),
                new Model.Function(name, domain, inputs, outputs, attributes, defaults, nodes, opsets));
    }

    public static String functionKey(String domain, String name, String overload) {
        return Node.key(domain, name) + (overload.isEmpty() ? "" : ":" + overload);
    }

    private Graph graph(Wire wire) {
        String name = "";
        List<Node> nodes = new ArrayList<>();
        Map<String, StoredTensor> initializers = new LinkedHashMap<>();
        List<ValueInfo> inputs = new ArrayList<>();
        List<ValueInfo> outputs = new ArrayList<>();
        Map<String, ValueInfo> types = new HashMap<>();
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> nodes.add(node(wire.message()));
                case 2 -> name = wire.string();
                case 5 -> {
                    StoredTensor tensor = TensorReader.read(wire.message(), folder);
                    if (initializers.put(tensor.name(), tensor) != null) {
                        throw wire.bad("two initializers '" + tensor.name() + "'", "one of each name");
                    }
                }
                case 15 -> {
                    StoredTensor tensor = sparse(wire.message());
                    initializers.put(tensor.name(), tensor);
                }
                case 11 -> inputs.add(valueInfo(wire.message()));
                case 12 -> outputs.add(valueInfo(wire.message()));
                case 13 -> {
                    ValueInfo info = valueInfo(wire.message());
                    types.put(info.name(), info);
                }
                default -> wire.skip();
            }
        }
        return new Graph(name, nodes, initializers, inputs, outputs, types);
    }

    private StoredTensor sparse(Wire wire) {
        StoredTensor values = null;
        StoredTensor indices = null;
        LongList dims = new LongList();
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> values = TensorReader.read(wire.message(), folder);
                case 2 -> indices = TensorReader.read(wire.message(), folder);
                case 3 -> numbers(wire, dims);
                default -> wire.skip();
            }
        }
        if (values == null || indices == null) {
            throw wire.bad("a sparse tensor without values or indices", "both");
        }
        return SparseTensors.dense(wire, values, indices, dims.toArray());
    }

    private Node node(Wire wire) {
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        String name = "";
        String op = "";
        String domain = "";
        String overload = "";
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> inputs.add(wire.string());
                case 2 -> outputs.add(wire.string());
                case 3 -> name = wire.string();
                case 4 -> op = wire.string();
                case 5 -> {
                    Attribute attribute = attribute(wire.message());
                    attributes.put(attribute.name(), attribute);
                }
                case 7 -> domain = wire.string();
                case 8 -> overload = wire.string();
                default -> wire.skip();
            }
        }
        return new Node(name, op, domain.equals("ai.onnx") ? "" : domain, overload, inputs, outputs, attributes);
    }

    private Attribute attribute(Wire wire) {
        String name = "";
        int kind = 0;
        String reference = "";
        String text = "";
        float real = 0;
        long whole = 0;
        StoredTensor tensor = null;
        Graph graph = null;
        ElementType element = null;
        FloatList reals = new FloatList();
        LongList wholes = new LongList();
        List<String> texts = new ArrayList<>();
        List<StoredTensor> tensors = new ArrayList<>();
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> name = wire.string();
                case 2 -> real = wire.kind() == Wire.FIXED32 ? Float.intBitsToFloat(wire.fixed32()) : skipped(wire);
                case 3 -> whole = wire.number();
                case 4 -> text = wire.string();
                case 5 -> tensor = TensorReader.read(wire.message(), folder);
                case 6 -> graph = graph(wire.message());
                case 7 -> floats(wire, reals);
                case 8 -> numbers(wire, wholes);
                case 9 -> texts.add(wire.string());
                case 10 -> tensors.add(TensorReader.read(wire.message(), folder));
                case 14 -> element = type("", wire.message()).type();
                case 20 -> kind = (int) Math.clamp(wire.number(), 0L, 1_000L);
                case 21 -> reference = wire.string();
                case 22 -> tensor = sparse(wire.message());
                default -> wire.skip();
            }
        }
        return new Attribute(
                name,
                kind,
                reference,
                real,
                whole,
                text,
                tensor,
                graph,
                reals.toArray(),
                wholes.toArray(),
                texts,
                tensors,
                element);
    }

    private static float skipped(Wire wire) {
        wire.skip();
        return 0;
    }

    private static void numbers(Wire wire, LongList list) {
        if (wire.kind() == Wire.BYTES) {
            Wire packed = wire.message();
            while (packed.hasMore()) {
                list.add(packed.varint());
            }
        } else {
            list.add(wire.number());
        }
    }

    private static void floats(Wire wire, FloatList list) {
        if (wire.kind() == Wire.BYTES) {
            Wire packed = wire.message();
            while (packed.hasMore()) {
                list.add(Float.intBitsToFloat(packed.fixed32()));
            }
        } else if (wire.kind() == Wire.FIXED32) {
            list.add(Float.intBitsToFloat(wire.fixed32()));
        } else {
            wire.skip();
        }
    }

    private static ValueInfo valueInfo(Wire wire) {
        String name = "";
        ValueInfo type = null;
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> name = wire.string();
                case 2 -> type = type("", wire.message());
                default -> wire.skip();
            }
        }
        return type == null
                ? new ValueInfo(name, ValueInfo.Kind.TENSOR, null, null)
                : new ValueInfo(name, type.kind(), type.type(), type.dims());
    }

    private static ValueInfo type(String name, Wire wire) {
        ValueInfo type = new ValueInfo(name, ValueInfo.Kind.TENSOR, null, null);
        while (wire.next()) {
            switch (wire.field()) {
                case 1, 8 -> type = tensorType(wire.message());
                case 4 -> type = element(ValueInfo.Kind.SEQUENCE, wire.message());
                case 5 -> {
                    wire.skip();
                    type = new ValueInfo(name, ValueInfo.Kind.MAP, null, null);
                }
                case 9 -> type = element(ValueInfo.Kind.OPTIONAL, wire.message());
                default -> wire.skip();
            }
        }
        return type;
    }

    /** An optional sequence is read as a sequence, which its file holds inside. */
    private static ValueInfo element(ValueInfo.Kind kind, Wire wire) {
        ValueInfo inner = new ValueInfo("", ValueInfo.Kind.TENSOR, null, null);
        while (wire.next()) {
            if (wire.field() == 1) {
                inner = type("", wire.message());
            } else {
                wire.skip();
            }
        }
        return new ValueInfo("", kind, inner.type(), null);
    }

    private static ValueInfo tensorType(Wire wire) {
        ElementType type = null;
        List<String> dims = null;
        while (wire.next()) {
            switch (wire.field()) {
                case 1 -> type = Elements.find(wire.number());
                case 2 -> dims = dims(wire.message());
                default -> wire.skip();
            }
        }
        return new ValueInfo("", ValueInfo.Kind.TENSOR, type, dims);
    }

    private static List<String> dims(Wire wire) {
        List<String> dims = new ArrayList<>();
        while (wire.next()) {
            if (wire.field() != 1) {
                wire.skip();
                continue;
            }
            String size = "?";
            Wire dim = wire.message();
            while (dim.next()) {
                switch (dim.field()) {
                    case 1 -> size = Long.toString(dim.number());
                    case 2 -> {
                        String named = dim.string();
                        size = named.isEmpty() ? "?" : named;
                    }
                    default -> dim.skip();
                }
            }
            dims.add(size);
        }
        return dims;
    }

    /** Real numbers; grows with the data that is read. */
    private static final class FloatList {
        private float[] values = new float[4];
        private int size;

        void add(float value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size * 2);
            }
            values[size++] = value;
        }

        float[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }

    /** Sparse tensors become dense ones. */
    static final class SparseTensors {
        private static final long MOST = 1L << 27;

        private SparseTensors() {}

        static StoredTensor dense(Wire wire, StoredTensor values, StoredTensor indices, long[] dims) {
            int bytes = Elements.bits(values.type()) / 8;
            long elements = 1;
            for (long size : dims) {
                if (size < 0 || size > MOST || (elements *= size) > MOST) {
                    throw wire.bad(
                            "sparse tensor '" + values.name() + "' of dimensions " + Arrays.toString(dims),
                            "at most 2^27 elements");
                }
            }
            if (bytes == 0 || indices.type() != ElementType.INT64) {
                throw wire.bad("sparse tensor '" + values.name() + "' of " + values.type(), "numbers, indices INT64");
            }
            OnnxValue.Numbers positions = (OnnxValue.Numbers) indices.toValue();
            long[] at = positions.tensor().toLongArray();
            MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(elements * bytes)]);
            long[] strides = Shape.of(dims).rowMajorStrides();
            long count = values.shape().elements();
            boolean linear = indices.shape().rank() == 1;
            if (linear ? at.length != count : at.length != count * dims.length) {
                throw wire.bad(
                        "sparse tensor '" + values.name() + "' with " + at.length + " indices", "one for each value");
            }
            for (int i = 0; i < count; i++) {
                long position = linear ? at[i] : 0;
                for (int d = 0; d < dims.length && !linear; d++) {
                    position += at[i * dims.length + d] * strides[d];
                }
                if (position < 0 || position >= elements) {
                    throw wire.bad("sparse tensor '" + values.name() + "' with an index outside", "indices inside");
                }
                MemorySegment.copy(values.memory(), (long) i * bytes, data, position * bytes, bytes);
            }
            return new StoredTensor(values.name(), values.type(), Shape.of(dims), data, List.of());
        }
    }
}
