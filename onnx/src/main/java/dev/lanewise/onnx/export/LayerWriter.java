package dev.lanewise.onnx.export;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.Recurrence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes the operations that layers are made of. */
final class LayerWriter {
    private final OperationWriter writer;
    private final Map<String, String> causalMasks = new HashMap<>();

    LayerWriter(OperationWriter writer) {
        this.writer = writer;
    }

    private GraphBuilder graph() {
        return writer.graph;
    }

    // ---- products

    String linear(LinearProduct linear, OperationWriter.Step s) {
        String sum;
        if (writer.recording.rank(s.input(0)) == 2) {
            sum = graph().add("Gemm", s.in(), Attribute.of("transB", 1L));
        } else {
            String weight = graph().add("Transpose", s.in().get(1), Attribute.list("perm", 1, 0));
            String product = graph().add("MatMul", s.x(), weight);
            sum = s.in().size() < 3 ? product : graph().add("Add", product, s.in().get(2));
        }
        return linear.activation() == LinearProduct.Activation.RELU ? graph().add("Relu", sum) : sum;
    }

    String convolution(Convolution2d conv, OperationWriter.Step s) {
        checkFixed(s);
        return graph().add("Conv", s.in(), attributes(conv));
    }

    private Attribute[] attributes(Convolution2d conv) {
        return new Attribute[] {
            Attribute.list("strides", conv.strideH(), conv.strideW()),
            Attribute.list("pads", conv.paddingH(), conv.paddingW(), conv.paddingH(), conv.paddingW()),
            Attribute.list("dilations", conv.dilationH(), conv.dilationW()),
            Attribute.of("group", (long) conv.groups())
        };
    }

    /** The gradient of a convolution with respect to its input is the transposed convolution. */
    String transposed(Convolution2dInputGrad grad, OperationWriter.Step s) {
        Convolution2d conv = grad.conv();
        long h = more(
                s,
                2,
                conv.strideH(),
                (writer.recording.size(s.input(1), 2)[0] - 1) * conv.dilationH() + 1 - 2L * conv.paddingH());
        long w = more(
                s,
                3,
                conv.strideW(),
                (writer.recording.size(s.input(1), 3)[0] - 1) * conv.dilationW() + 1 - 2L * conv.paddingW());
        List<Attribute> attributes = new ArrayList<>(List.of(attributes(conv)));
        attributes.add(Attribute.list("output_padding", h, w));
        return graph().add("ConvTranspose", s.in(), attributes.toArray(Attribute[]::new));
    }

    /** How many rows or columns the result has beyond those that windows reach. */
    private long more(OperationWriter.Step s, int dim, long stride, long window) {
        long[] from = writer.recording.size(s.input(0), dim);
        long[] to = writer.recording.size(s.output(0), dim);
        long[] more = new long[from.length];
        Arrays.setAll(more, t -> to[t] - (from[t] - 1) * stride - window);
        if (!Recording.isFixed(more)) {
            throw varies(s.entry().op());
        }
        return more[0];
    }

    private void checkFixed(OperationWriter.Step s) {
        if (!writer.recording.isFixed(s.number())) {
            throw varies(s.entry().op());
        }
    }

    private static TensorException varies(Op op) {
        return new TensorException(
                "export: " + op + " is another operation for inputs of other sizes (expected the same);"
                        + " fix the axis that it depends on with ExportOptions");
    }

    // ---- pooling

    private static Attribute[] attributes(PoolingWindow window, Attribute... more) {
        List<Attribute> all = new ArrayList<>(List.of(
                Attribute.list("kernel_shape", window.kernelH(), window.kernelW()),
                Attribute.list("strides", window.strideH(), window.strideW()),
                Attribute.list("pads", window.paddingH(), window.paddingW(), window.paddingH(), window.paddingW()),
                Attribute.of("ceil_mode", window.ceilMode() ? 1L : 0L)));
        all.addAll(List.of(more));
        return all.toArray(Attribute[]::new);
    }

    /** PyTorch counts positions within the plane, the standard within the whole tensor. */
    List<String> maxPool(MaxPooling2d pool, OperationWriter.Step s) {
        checkFixed(s);
        boolean wantsPositions = writer.isRead(s.output(1));
        List<String> results = graph().addAll("MaxPool", s.in(), wantsPositions ? 2 : 1, attributes(pool.pool()));
        if (!wantsPositions) {
            return results;
        }
        long[] h = writer.recording.size(s.input(0), 2);
        long[] w = writer.recording.size(s.input(0), 3);
        String plane = graph().add("Mul", writer.sizes.scalar(DType.I64, h), writer.sizes.scalar(DType.I64, w));
        return List.of(results.getFirst(), graph().add("Mod", results.getLast(), plane));
    }

    /** A window as large as its input is a mean, whatever the input's size. */
    String averagePool(AveragePooling2d pool, OperationWriter.Step s) {
        PoolingWindow window = pool.pool();
        long[] h = writer.recording.wholes(
                s.number(), op -> ((AveragePooling2d) op).pool().kernelH());
        long[] w = writer.recording.wholes(
                s.number(), op -> ((AveragePooling2d) op).pool().kernelW());
        boolean isWhole = Arrays.equals(h, writer.recording.size(s.input(0), 2))
                && Arrays.equals(w, writer.recording.size(s.input(0), 3))
                && window.paddingH() == 0
                && window.paddingW() == 0;
        if (isWhole) {
            return graph().add("GlobalAveragePool", s.x());
        }
        checkFixed(s);
        return graph().add(
                        "AveragePool",
                        s.in(),
                        attributes(window, Attribute.of("count_include_pad", pool.countIncludePad() ? 1L : 0L)));
    }

    // ---- normalization

    String layerNorm(LayerNormalization norm, OperationWriter.Step s) {
        int rank = writer.recording.rank(s.input(0));
        int first = rank - norm.dims();
        long[][] sizes = writer.recording.sizes(s.input(0));
        boolean fixed = Arrays.stream(sizes, first, rank).allMatch(Recording::isFixed);
        if (s.in().size() == 1 && !fixed) {
            return normalized(norm, s, first, rank);
        }
        List<String> inputs = new ArrayList<>(s.in());
        if (inputs.size() == 1) {
            inputs.add(ones(writer.recording.value(s.input(0)).spec().shape().slice(first, rank), writer.dtype(s)));
        }
        return graph().add(
                        "LayerNormalization",
                        inputs,
                        Attribute.of("axis", (long) -norm.dims()),
                        Attribute.of("epsilon", norm.epsilon()));
    }

    private String ones(Shape shape, DType dtype) {
        StoredTensor one =
                new StoredTensor("", ElementType.of(dtype), Shape.of(1), GraphBuilder.element(1, dtype), List.of());
        return graph().add("ConstantOfShape", graph().vector(shape.toArray()), Attribute.of("value", one));
    }

    private String normalized(LayerNormalization norm, OperationWriter.Step s, int first, int rank) {
        long[] dims = new long[rank - first];
        Arrays.setAll(dims, i -> (long) first + i);
        String mean = writer.reduced("ReduceMean", s.x(), dims, true);
        String centred = graph().add("Sub", s.x(), mean);
        String variance = writer.reduced("ReduceMean", graph().add("Mul", centred, centred), dims, true);
        String deviation =
                graph().add("Sqrt", graph().add("Add", variance, graph().scalar(norm.epsilon(), writer.dtype(s))));
        return graph().add("Div", centred, deviation);
    }

    // ---- sequences

    String attention(Attention attention, OperationWriter.Step s) {
        int rank = writer.recording.rank(s.input(0));
        DType dtype = writer.dtype(s);
        long[] perm = new long[rank];
        Arrays.setAll(perm, d -> d);
        perm[rank - 2] = rank - 1L;
        perm[rank - 1] = rank - 2L;
        String keys = graph().add("Transpose", s.in().get(1), Attribute.list("perm", perm));
        String product = graph().add("MatMul", s.x(), keys);
        String scores = graph().add("Mul", product, graph().scalar(attention.scale(), dtype));
        if (attention.causal()) {
            scores = graph().add("Add", scores, causalMask(s, dtype));
        }
        boolean masked = s.in().size() == 4;
        if (masked) {
            scores = graph().add("Add", scores, s.in().get(3));
        }
        String weights = graph().add("Softmax", scores, Attribute.of("axis", -1L));
        if (masked) {
            // a query that sees nothing attends to nothing
            String most = writer.reduced("ReduceMax", scores, new long[] {-1}, true);
            String hidden = graph().add("Equal", most, graph().scalar(Double.NEGATIVE_INFINITY, dtype));
            weights = graph().add("Where", List.of(hidden, graph().scalar(0, dtype), weights));
        }
        return graph().add("MatMul", weights, s.in().get(2));
    }

    /** A mask of minus infinity where a key comes after the query; equal masks are computed once. */
    private String causalMask(OperationWriter.Step s, DType dtype) {
        long[] queries = writer.recording.size(s.input(0), -2);
        long[] keys = writer.recording.size(s.input(1), -2);
        String key = dtype + Arrays.toString(queries) + Arrays.toString(keys);
        String known = causalMasks.get(key);
        if (known == null) {
            String row = graph().add("Unsqueeze", range(queries), graph().vector(1));
            String later = graph().add("Greater", range(keys), row);
            known = graph().add(
                            "Where",
                            List.of(later, graph().scalar(Double.NEGATIVE_INFINITY, dtype), graph().scalar(0, dtype)));
            causalMasks.put(key, known);
        }
        return known;
    }

    private String range(long[] length) {
        return graph().add(
                        "Range",
                        List.of(
                                graph().scalar(0, DType.I64),
                                writer.sizes.scalar(DType.I64, length),
                                graph().scalar(1, DType.I64)));
    }

    /** The standard has the time dimension first, and the gates in another order. */
    List<String> recurrence(Recurrence recurrence, OperationWriter.Step s) {
        int directions = recurrence.directions();
        long hidden = writer.recording.size(s.input(recurrence.state(0)), 1)[0];
        List<String> inputWeights = new ArrayList<>();
        List<String> hiddenWeights = new ArrayList<>();
        List<String> biases = new ArrayList<>();
        List<String> states = new ArrayList<>();
        List<String> cells = new ArrayList<>();
        for (int d = 0; d < directions; d++) {
            int first = recurrence.operand(d);
            inputWeights.add(gates(recurrence, hidden, s.in().get(first)));
            hiddenWeights.add(gates(recurrence, hidden, s.in().get(first + 1)));
            biases.add(graph().add(
                            "Concat",
                            List.of(
                                    gates(recurrence, hidden, s.in().get(first + 2)),
                                    gates(recurrence, hidden, s.in().get(first + 3))),
                            Attribute.of("axis", 0L)));
            states.add(s.in().get(recurrence.state(d)));
            if (recurrence.kind() == Recurrence.Kind.LSTM) {
                cells.add(s.in().get(recurrence.state(d) + 1));
            }
        }
        List<String> inputs = new ArrayList<>(List.of(
                graph().add("Transpose", s.x(), Attribute.list("perm", 1, 0, 2)),
                stacked(inputWeights),
                stacked(hiddenWeights),
                stacked(biases),
                "",
                stacked(states)));
        if (!cells.isEmpty()) {
            inputs.add(stacked(cells));
        }
        List<Attribute> attributes = new ArrayList<>(List.of(
                Attribute.of("hidden_size", hidden),
                Attribute.of("direction", directions == 2 ? "bidirectional" : "forward")));
        if (recurrence.kind() == Recurrence.Kind.GRU) {
            attributes.add(Attribute.of("linear_before_reset", 1L));
        }
        List<String> results = graph().addAll(
                        recurrence.kind().name(),
                        inputs,
                        1 + recurrence.kind().states(),
                        attributes.toArray(Attribute[]::new));
        return unstacked(recurrence, s, results);
    }

    private List<String> unstacked(Recurrence recurrence, OperationWriter.Step s, List<String> results) {
        List<String> all = new ArrayList<>();
        // [time, directions, n, hidden]
        String turned = graph().add("Transpose", results.getFirst(), Attribute.list("perm", 2, 0, 1, 3));
        all.add(graph().add("Reshape", turned, graph().vector(0, 0, -1)));
        for (int d = 0; d < recurrence.directions(); d++) {
            for (int state = 0; state < recurrence.kind().states(); state++) {
                boolean wanted = writer.isRead(s.output(recurrence.lastState(d) + state));
                all.add(
                        wanted
                                ? graph().add(
                                                "Gather",
                                                results.get(1 + state),
                                                graph().scalar(d, DType.I64),
                                                Attribute.of("axis", 0L))
                                : results.get(1 + state));
            }
        }
        return all;
    }

    private String stacked(List<String> parts) {
        List<String> rows = new ArrayList<>();
        for (String part : parts) {
            rows.add(graph().add("Unsqueeze", part, graph().vector(0)));
        }
        return rows.size() == 1 ? rows.getFirst() : graph().add("Concat", rows, Attribute.of("axis", 0L));
    }

    /** Input, output, forget, cell for LSTM, and update, reset, candidate for GRU. */
    private String gates(Recurrence recurrence, long hidden, String weights) {
        int[] order = switch (recurrence.kind()) {
            case RNN -> new int[] {0};
            case GRU -> new int[] {1, 0, 2};
            case LSTM -> new int[] {0, 3, 1, 2};
        };
        if (order.length == 1) {
            return weights;
        }
        long[] rows = new long[Math.toIntExact(order.length * hidden)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = order[(int) (i / hidden)] * hidden + i % hidden;
        }
        return graph().add("Gather", weights, graph().vector(rows), Attribute.of("axis", 0L));
    }
}
