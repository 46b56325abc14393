package dev.lanewise.onnx.format;

import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes models as ONNX's messages (onnx.proto of ONNX 1.23). */
public final class ModelWriter {
    /** Protobuf's limit for a message is 2 GiB; nodes and names use part of it. */
    private static final long MOST_INSIDE = (1L << 31) - (1L << 24);
    /** Where elements of external data begin, so that they can be mapped. */
    private static final long ALIGNMENT = 64;
    /** Smaller tensors, such as shapes and scalars, stay in the model's file. */
    private static final long LEAST_OUTSIDE = 1024;

    private final Path file;
    private final boolean external;
    private final List<MemorySegment> outside = new ArrayList<>();
    private long end;

    private ModelWriter(Path file, boolean external) {
        this.file = file;
        this.external = external;
    }

    /**
     * Writes a model.
     *
     * @param external whether large tensors are written to a file next to it, with its name followed by {@code .data};
     *     those of a model that is too large for one file always are
     */
    public static void write(Model model, Path file, boolean external) {
        long bytes = model.graph().initializers().values().stream()
                .mapToLong(tensor -> tensor.memory().byteSize())
                .sum();
        ModelWriter writer = new ModelWriter(file, external || bytes > MOST_INSIDE);
        WireWriter message = writer.model(model);
        if (!writer.outside.isEmpty()) {
            AtomicFile.write(writer.data(), writer::writeOutside);
        }
        AtomicFile.write(file, message::writeTo);
    }

    private Path data() {
        return file.resolveSibling(file.getFileName() + ".data");
    }

    private void writeOutside(WritableByteChannel channel) throws IOException {
        long at = 0;
        for (MemorySegment memory : outside) {
            ByteBuffer gap = ByteBuffer.allocate((int) (aligned(at) - at));
            while (gap.hasRemaining()) {
                channel.write(gap);
            }
            at = aligned(at) + memory.byteSize();
            WireWriter.write(memory, channel);
        }
    }

    private static long aligned(long at) {
        return Math.ceilDiv(at, ALIGNMENT) * ALIGNMENT;
    }

    private WireWriter model(Model model) {
        WireWriter out = new WireWriter()
                .number(1, model.irVersion())
                .text(2, model.producer())
                .message(7, graph(model.graph()));
        opsets(out, 8, model.opsets());
        model.functions().values().forEach(function -> out.message(25, function(function)));
        return out;
    }

    private static void opsets(WireWriter out, int field, Map<String, Integer> opsets) {
        opsets.forEach((domain, version) ->
                out.message(field, new WireWriter().text(1, domain).number(2, version)));
    }

    private WireWriter function(Model.Function function) {
        WireWriter out = new WireWriter().text(1, function.name());
        function.inputs().forEach(input -> out.text(4, input));
        function.outputs().forEach(output -> out.text(5, output));
        function.attributes().forEach(attribute -> out.text(6, attribute));
        function.nodes().forEach(node -> out.message(7, node(node)));
        opsets(out, 9, function.opsets());
        out.text(10, function.domain());
        function.defaults().values().forEach(attribute -> out.message(11, attribute(attribute)));
        return out;
    }

    private WireWriter graph(Graph graph) {
        WireWriter out = new WireWriter();
        graph.nodes().forEach(node -> out.message(1, node(node)));
        out.text(2, graph.name());
        graph.initializers().values().forEach(tensor -> out.message(5, tensor(tensor, external)));
        graph.inputs().forEach(input -> out.message(11, info(input)));
        graph.outputs().forEach(output -> out.message(12, info(output)));
        return out;
    }

    private WireWriter node(Node node) {
        WireWriter out = new WireWriter();
        node.inputs().forEach(input -> out.text(1, input));
        node.outputs().forEach(output -> out.text(2, output));
        out.text(3, node.name()).text(4, node.op());
        node.attributes().values().forEach(attribute -> out.message(5, attribute(attribute)));
        if (!node.domain().isEmpty()) {
            out.text(7, node.domain());
        }
        if (!node.overload().isEmpty()) {
            out.text(8, node.overload());
        }
        return out;
    }

    private WireWriter attribute(Attribute attribute) {
        WireWriter out = new WireWriter().text(1, attribute.name());
        StoredTensor tensor = attribute.tensor();
        Graph graph = attribute.graph();
        switch (attribute.kind()) {
            case Attribute.REAL -> out.real(2, attribute.real());
            case Attribute.WHOLE -> out.number(3, attribute.whole());
            case Attribute.TEXT -> out.text(4, attribute.text());
            case Attribute.REALS -> {
                for (float real : attribute.reals()) {
                    out.real(7, real);
                }
            }
            case Attribute.WHOLES -> {
                for (long whole : attribute.wholes()) {
                    out.number(8, whole);
                }
            }
            case Attribute.TEXTS -> attribute.texts().forEach(text -> out.text(9, text));
            default -> {
                if (tensor != null) {
                    out.message(5, tensor(tensor, false));
                }
                if (graph != null) {
                    out.message(6, graph(graph));
                }
            }
        }
        if (!attribute.reference().isEmpty()) {
            out.text(21, attribute.reference());
        }
        return out.number(20, attribute.kind());
    }

    private WireWriter tensor(StoredTensor tensor, boolean mayLeave) {
        WireWriter out = new WireWriter();
        for (long size : tensor.shape().toArray()) {
            out.number(1, size);
        }
        out.number(2, tensor.type().number()).text(8, tensor.name());
        if (tensor.type() == ElementType.STRING) {
            tensor.texts().forEach(text -> out.text(6, text));
        } else if (mayLeave && tensor.memory().byteSize() >= LEAST_OUTSIDE) {
            long start = aligned(end);
            end = start + tensor.memory().byteSize();
            outside.add(tensor.memory());
            out.message(13, entry("location", String.valueOf(data().getFileName())))
                    .message(13, entry("offset", Long.toString(start)))
                    .message(13, entry("length", Long.toString(tensor.memory().byteSize())))
                    .number(14, 1);
        } else {
            out.bytes(9, tensor.memory());
        }
        return out;
    }

    private static WireWriter entry(String key, String value) {
        return new WireWriter().text(1, key).text(2, value);
    }

    private static WireWriter info(ValueInfo info) {
        WireWriter tensor = new WireWriter();
        ElementType type = info.type();
        if (type != null) {
            tensor.number(1, type.number());
        }
        List<String> dims = info.dims();
        if (dims != null) {
            WireWriter shape = new WireWriter();
            for (String dim : dims) {
                boolean isSize = dim.chars().allMatch(c -> c >= '0' && c <= '9');
                shape.message(
                        1,
                        isSize
                                ? new WireWriter().number(1, Long.parseLong(dim))
                                : dim.equals("?") ? new WireWriter() : new WireWriter().text(2, dim));
            }
            tensor.message(2, shape);
        }
        return new WireWriter().text(1, info.name()).message(2, new WireWriter().message(1, tensor));
    }
}
