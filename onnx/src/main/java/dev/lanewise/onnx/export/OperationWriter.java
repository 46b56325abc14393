package dev.lanewise.onnx.export;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Transfer;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes each operation of a recording as nodes of standard operators. */
final class OperationWriter {
    final Recording recording;
    final GraphBuilder graph;
    final SizeWriter sizes;
    final int opset;
    private final Map<Integer, String> names;
    private final Set<Integer> read;
    private final ElementwiseWriter elementwise = new ElementwiseWriter(this);
    private final LayerWriter layers = new LayerWriter(this);
    private final ShapeWriter shapes = new ShapeWriter(this);

    /**
     * A writer.
     *
     * @param names the names of existing values
     * @param read the values that are needed
     */
    OperationWriter(
            Recording recording,
            GraphBuilder graph,
            SizeWriter sizes,
            int opset,
            Map<Integer, String> names,
            Set<Integer> read) {
        this.recording = recording;
        this.graph = graph;
        this.sizes = sizes;
        this.opset = opset;
        this.names = names;
        this.read = read;
    }

    /** An operation that is being written. */
    record Step(int number, Trace.Entry entry, List<String> in) {
        int input(int i) {
            return entry.inputs()[i];
        }

        int output(int i) {
            return entry.outputs()[i];
        }

        String x() {
            return in.getFirst();
        }
    }

    /**
     * Writes an operation whose results are needed.
     *
     * @param norm the normalization that it ends, or null
     */
    void write(int number, BatchNormPattern.@Nullable Match norm) {
        Trace.Entry entry = recording.entries().get(number);
        if (norm != null) {
            List<String> operands =
                    Arrays.stream(norm.inputs()).mapToObj(this::name).toList();
            String result = graph.add("BatchNormalization", operands, Attribute.of("epsilon", norm.epsilon()));
            names.put(entry.outputs()[0], result);
            sizes.add(result, recording.sizes(entry.outputs()[0]));
            return;
        }
        List<String> inputs = new ArrayList<>();
        for (int input : entry.inputs()) {
            inputs.add(name(input));
        }
        List<String> results = results(new Step(number, entry, inputs));
        for (int i = 0; i < entry.outputs().length; i++) {
            int output = entry.outputs()[i];
            if (i < results.size()) {
                names.put(output, results.get(i));
                sizes.add(results.get(i), recording.sizes(output));
            } else if (read.contains(output)) {
                throw unsupported(entry.op(), "its result " + i);
            }
        }
    }

    /** The name of an existing value; a constant is stored when it is first needed. */
    String name(int value) {
        String name = names.get(value);
        if (name == null) {
            name = shapes.constant(value);
            names.put(value, name);
        }
        return name;
    }

    boolean isRead(int value) {
        return read.contains(value);
    }

    private List<String> results(Step s) {
        Op op = s.entry.op();
        return switch (op) {
            case Unary unary -> List.of(elementwise.unary(unary, s));
            case UnaryWith with -> List.of(elementwise.with(with, s));
            case Binary binary -> List.of(elementwise.binary(binary, s));
            case Compare compare -> List.of(elementwise.compare(compare, s));
            case Ternary ternary -> List.of(graph.add("Where", s.in));
            case Cast cast -> List.of(cast(s.x(), cast.to()));
            case Copy copy -> s.in;
            case Transfer transfer -> s.in;
            case Source source -> List.of(shapes.source(source, s));
            case Reduce reduce -> List.of(reduce(reduce, s));
            case ArgReduce arg -> List.of(argReduce(arg, s));
            case Scan scan -> List.of(scan(scan, s));
            case Sort sort -> shapes.sort(sort, s);
            case MatMul product -> List.of(matmul(s));
            case LinearProduct linear -> List.of(layers.linear(linear, s));
            case Convolution2d conv -> List.of(layers.convolution(conv, s));
            case Convolution2dRelu relu -> List.of(graph.add("Relu", layers.convolution(relu.conv(), s)));
            case Convolution2dInputGrad conv -> List.of(layers.transposed(conv, s));
            case MaxPooling2d pool -> layers.maxPool(pool, s);
            case AveragePooling2d pool -> List.of(layers.averagePool(pool, s));
            case Cat cat -> List.of(graph.add("Concat", s.in, Attribute.of("axis", (long) cat.dim())));
            case Pad pad -> List.of(shapes.pad(pad, s));
            case IndexSelect select -> List.of(graph.add("Gather", s.in, Attribute.of("axis", (long) select.dim())));
            case Gather gather -> List.of(graph.add("GatherElements", s.in, Attribute.of("axis", (long) gather.dim())));
            case Scatter scatter -> List.of(scatter(scatter, s));
            case Op.View view -> List.of(shapes.view(view, s));
            case Softmax softmax ->
                List.of(graph.add(
                        softmax.log() ? "LogSoftmax" : "Softmax", s.x(), Attribute.of("axis", (long) softmax.dim())));
            case LayerNormalization norm -> List.of(layers.layerNorm(norm, s));
            case Attention attention -> List.of(layers.attention(attention, s));
            case Recurrence recurrence -> layers.recurrence(recurrence, s);
            case Linalg linalg -> {
                if (linalg != Linalg.DET) {
                    throw unsupported(op, "it");
                }
                yield List.of(graph.add("Det", s.x()));
            }
            case BatchNormalization norm -> throw unsupported(op, "normalization by a batch's statistics");
            case RandomDropout dropout -> throw unsupported(op, "what is drawn at random");
            case IndexAdd add -> throw unsupported(op, "a gradient");
            case SliceGrad grad -> throw unsupported(op, "a gradient");
            case CrossEntropy loss -> throw unsupported(op, "a loss");
            case CrossEntropyGrad grad -> throw unsupported(op, "a gradient");
            case SoftmaxGrad grad -> throw unsupported(op, "a gradient");
            case LayerNormalizationGrad grad -> throw unsupported(op, "a gradient");
            case BatchNormalizationGrad grad -> throw unsupported(op, "a gradient");
            case AttentionGrad grad -> throw unsupported(op, "a gradient");
            case RecurrenceGrad grad -> throw unsupported(op, "a gradient");
            case Convolution2dWeightGrad grad -> throw unsupported(op, "a gradient");
            case MaxPooling2dGrad grad -> throw unsupported(op, "a gradient");
            case AveragePooling2dGrad grad -> throw unsupported(op, "a gradient");
            case QuantizedProduct product -> throw unsupported(op, "products with blocks of few bits");
            case IntegerProduct product -> throw unsupported(op, "it in one");
            case DynamicQuantize quantize -> throw unsupported(op, "it in one");
            case Update update -> throw unsupported(op, "a change in place");
        };
    }

    static TensorException unsupported(Op op, String what) {
        return new TensorException(
                "export: " + op.opName() + " in the forward pass: no operator of the standard computes " + what
                        + " (expected operations of inference); call eval(), or compute it otherwise");
    }

    String cast(String value, DType to) {
        return graph.add(
                "Cast", value, Attribute.of("to", (long) ElementType.of(to).number()));
    }

    DType dtype(Step s) {
        return recording.dtype(s.input(0));
    }

    private String reduce(Reduce reduce, Step s) {
        DType dtype = dtype(s);
        long[] dims = reduce.dims().stream().mapToLong(Integer::longValue).toArray();
        return switch (reduce.kind()) {
            case SUM, PROD -> {
                String x = dtype.isFloating() || dtype == DType.I64 ? s.x() : cast(s.x(), DType.I64);
                yield reduced(
                        reduce.kind() == Reduce.Kind.SUM ? "ReduceSum" : "ReduceProd", x, dims, reduce.keepDims());
            }
            case MEAN -> reduced("ReduceMean", s.x(), dims, reduce.keepDims());
            case AMAX -> reduced("ReduceMax", s.x(), dims, reduce.keepDims());
            case AMIN -> reduced("ReduceMin", s.x(), dims, reduce.keepDims());
            case ANY, ALL -> {
                String truth = dtype == DType.BOOL ? s.x() : cast(s.x(), DType.BOOL);
                String op = reduce.kind() == Reduce.Kind.ANY ? "ReduceMax" : "ReduceMin";
                yield cast(reduced(op, cast(truth, DType.I32), dims, reduce.keepDims()), DType.BOOL);
            }
        };
    }

    /** A reduction; before opset 18, all except the sum had their axes as an attribute. */
    String reduced(String op, String x, long[] dims, boolean keep) {
        Attribute keepDims = Attribute.of("keepdims", keep ? 1L : 0L);
        if (dims.length == 0) {
            return graph.add("Identity", x);
        }
        return opset >= 18 || op.equals("ReduceSum")
                ? graph.add(op, x, graph.vector(dims), keepDims)
                : graph.add(op, x, keepDims, Attribute.list("axes", dims));
    }

    private String argReduce(ArgReduce arg, Step s) {
        return graph.add(
                arg.kind() == ArgReduce.Kind.ARGMAX ? "ArgMax" : "ArgMin",
                s.x(),
                Attribute.of("axis", (long) arg.dim()),
                Attribute.of("keepdims", arg.keepDim() ? 1L : 0L));
    }

    private String scan(Scan scan, Step s) {
        if (scan.kind() != Scan.Kind.CUMSUM) {
            throw unsupported(scan, "running products before opset 26");
        }
        String x = dtype(s).isFloating() || dtype(s) == DType.I64 ? s.x() : cast(s.x(), DType.I64);
        return graph.add(
                "CumSum", x, graph.scalar(scan.dim(), DType.I64), Attribute.of("reverse", scan.reverse() ? 1L : 0L));
    }

    private String matmul(Step s) {
        DType dtype = dtype(s);
        if (dtype != DType.I8 && dtype != DType.U8) {
            return graph.add("MatMul", s.in);
        }
        return cast(graph.add("MatMul", cast(s.in.get(0), DType.I32), cast(s.in.get(1), DType.I32)), dtype);
    }

    private String scatter(Scatter scatter, Step s) {
        Attribute axis = Attribute.of("axis", (long) scatter.dim());
        String reduction = switch (scatter.kind()) {
            case SET -> "";
            case ADD -> "add";
            case MUL -> "mul";
            case AMAX -> "max";
            case AMIN -> "min";
        };
        if (opset < 18 && (reduction.equals("max") || reduction.equals("min"))) {
            throw unsupported(scatter, "it before opset 18");
        }
        return reduction.isEmpty()
                ? graph.add("ScatterElements", s.in, axis)
                : graph.add("ScatterElements", s.in, axis, Attribute.of("reduction", reduction));
    }

    /** A number of an operation: either the same for all sizes of the inputs, or computed from them. */
    String number(Op op, DType dtype, double... values) {
        if (Recording.isFixed(values)) {
            return graph.scalar(values[0], dtype);
        }
        if (Arrays.stream(values).allMatch(v -> v == Math.rint(v))) {
            return sizes.scalar(
                    dtype, Arrays.stream(values).mapToLong(v -> (long) v).toArray());
        }
        long[] inverse = Arrays.stream(values).mapToLong(v -> Math.round(1 / v)).toArray();
        for (int i = 0; i < inverse.length; i++) {
            if (!(Math.abs(values[i] * inverse[i] - 1) < 1e-6)) {
                throw new TensorException("export: the number of " + op.opName() + " is " + Arrays.toString(values)
                        + " for inputs of different sizes (expected one number, a size or the inverse of one); fix the"
                        + " axis that it depends on with ExportOptions");
            }
        }
        return graph.add("Reciprocal", sizes.scalar(dtype, inverse));
    }
}
