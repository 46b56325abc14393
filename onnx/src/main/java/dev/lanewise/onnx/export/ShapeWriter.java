package dev.lanewise.onnx.export;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/** Writes constants and operations on shapes, whose sizes may follow from those of the inputs. */
final class ShapeWriter {
    private static final long TO_THE_END = Long.MAX_VALUE;

    private final OperationWriter writer;

    ShapeWriter(OperationWriter writer) {
        this.writer = writer;
    }

    private GraphBuilder graph() {
        return writer.graph;
    }

    /**
     * Stores a constant: its elements, or a table from which as many first rows are taken as the inputs' sizes require.
     */
    String constant(int value) {
        Trace.Value constant = writer.recording.value(value);
        ElementType type = ElementType.of(constant.spec().dtype());
        MemorySegment elements = writer.recording.elements(value);
        if (elements != null) {
            return graph().constant(type, constant.spec().shape(), elements);
        }
        Trace.Table table = writer.recording.table(value);
        long[][] sizes = writer.recording.sizes(value);
        boolean onlyRows = true;
        for (int d = 1; d < sizes.length; d++) {
            onlyRows &= Recording.isFixed(sizes[d]);
        }
        if (table == null || !onlyRows) {
            throw new TensorException("export: a constant " + constant.spec()
                    + " made outside of tensor operations differs with the inputs' sizes (expected the same, or the"
                    + " first rows of one table); fix the axis that it depends on with ExportOptions");
        }
        String whole = graph().constant(type, table.shape(), table.elements());
        return slice(whole, 0, graph().vector(0), writer.sizes.vector(sizes[0]), 1);
    }

    private String slice(String x, int dim, String start, String end, long step) {
        return graph().add("Slice", List.of(x, start, end, graph().vector(dim), graph().vector(step)));
    }

    String source(Source source, OperationWriter.Step s) {
        return switch (source) {
            case Source.Fill fill -> fill(fill, s);
            case Source.Range range -> range(range, s);
            case Source.Random random -> throw OperationWriter.unsupported(source, "what is drawn at random");
        };
    }

    private String fill(Source.Fill fill, OperationWriter.Step s) {
        DType dtype = fill.spec().dtype();
        double[] values = writer.recording.numbers(
                s.number(),
                op -> op instanceof Source.Fill other ? other.value().doubleValue() : 0);
        long[][] sizes = writer.recording.sizes(s.output(0));
        if (sizes.length == 0) {
            return writer.number(fill, dtype, values);
        }
        if (!Recording.isFixed(values)) {
            return graph().add("Expand", writer.number(fill, dtype, values), writer.sizes.shape(sizes));
        }
        StoredTensor value = new StoredTensor(
                "",
                ElementType.of(dtype),
                Shape.of(1),
                GraphBuilder.element(fill.value().doubleValue(), dtype),
                List.of());
        return graph().add("ConstantOfShape", writer.sizes.shape(sizes), Attribute.of("value", value));
    }

    private String range(Source.Range range, OperationWriter.Step s) {
        DType to = range.spec().dtype();
        boolean whole = !to.isFloating();
        DType dtype = whole ? DType.I64 : to == DType.F64 ? DType.F64 : DType.F32;
        long[] length = writer.recording.size(s.output(0), 0);
        String limit = writer.sizes.scalar(dtype, length);
        if (range.step() != 1) {
            limit = graph().add("Mul", limit, graph().scalar(range.step(), dtype));
        }
        if (range.start() != 0) {
            limit = graph().add("Add", limit, graph().scalar(range.start(), dtype));
        }
        String result = graph().add(
                        "Range",
                        List.of(graph().scalar(range.start(), dtype), limit, graph().scalar(range.step(), dtype)));
        return to == dtype ? result : writer.cast(result, to);
    }

    String view(Op.View view, OperationWriter.Step s) {
        return switch (view) {
            case Reshape reshape ->
                reshape(s.x(), writer.recording.sizes(s.input(0)), writer.recording.sizes(s.output(0)));
            case Permute permute ->
                graph().add(
                                "Transpose",
                                s.x(),
                                Attribute.list(
                                        "perm",
                                        permute.dims().stream()
                                                .mapToLong(Integer::longValue)
                                                .toArray()));
            case Expand expand -> expand(s);
            case Slice slice -> slice(slice, s);
        };
    }

    /** A dimension that is kept is 0, one of the others may be -1. */
    String reshape(String x, long[][] from, long[][] to) {
        long[][] target = new long[to.length][];
        int open = -1;
        boolean empty = false;
        for (int d = 0; d < to.length; d++) {
            empty |= Recording.isFixed(to[d]) && to[d][0] == 0;
        }
        for (int d = 0; d < to.length; d++) {
            if (Recording.isFixed(to[d]) || empty) {
                target[d] = to[d];
            } else if (d < from.length && Arrays.equals(from[d], to[d])) {
                target[d] = new long[] {0};
            } else if (open < 0) {
                open = d;
                target[d] = new long[] {-1};
            } else {
                target[d] = to[d];
            }
        }
        String shape = writer.sizes.shape(target);
        return empty
                ? graph().add("Reshape", x, shape, Attribute.of("allowzero", 1L))
                : graph().add("Reshape", x, shape);
    }

    private String expand(OperationWriter.Step s) {
        long[][] from = writer.recording.sizes(s.input(0));
        long[][] to = writer.recording.sizes(s.output(0));
        int added = to.length - from.length;
        long[][] target = to.clone();
        for (int d = added; d < to.length; d++) {
            if (Arrays.equals(from[d - added], to[d])) {
                target[d] = new long[] {1};
            }
        }
        return graph().add("Expand", s.x(), writer.sizes.shape(target));
    }

    private long[] wholes(OperationWriter.Step s, ToLongFunction<Slice> number) {
        return writer.recording.wholes(s.number(), op -> op instanceof Slice slice ? number.applyAsLong(slice) : 0);
    }

    private String slice(Slice slice, OperationWriter.Step s) {
        long[] start = wholes(s, Slice::start);
        long[] length = wholes(s, Slice::length);
        if (!Recording.isFixed(wholes(s, Slice::step))) {
            throw new TensorException(
                    "export: a slice's step depends on the inputs' sizes (expected a fixed one); fix the"
                            + " axis that it depends on with ExportOptions");
        }
        long[] size = writer.recording.size(s.input(0), slice.dim());
        long[] end = new long[start.length];
        long[] fromEnd = new long[start.length];
        boolean toTheEnd = true;
        for (int t = 0; t < end.length; t++) {
            end[t] = length[t] == 0 ? start[t] : start[t] + (length[t] - 1) * slice.step() + 1;
            fromEnd[t] = start[t] - size[t];
            toTheEnd &= length[t] > 0 && end[t] + slice.step() > size[t];
        }
        boolean backwards = !Recording.isFixed(start) && Recording.isFixed(fromEnd) && fromEnd[0] < 0;
        String first = backwards ? graph().vector(fromEnd[0]) : writer.sizes.vector(start);
        boolean open = toTheEnd && !(Recording.isFixed(end) && Recording.isFixed(size));
        String last = open ? graph().vector(TO_THE_END) : writer.sizes.vector(end);
        return slice(s.x(), slice.dim(), first, last, slice.step());
    }

    String pad(Pad pad, OperationWriter.Step s) {
        if (!writer.recording.isFixed(s.number())) {
            throw new TensorException(
                    "export: padding depends on the inputs' sizes (expected a fixed one); fix the axis"
                            + " that it depends on with ExportOptions");
        }
        int rank = pad.before().size();
        long[] amounts = new long[2 * rank];
        for (int d = 0; d < rank; d++) {
            amounts[d] = pad.before().get(d);
            amounts[rank + d] = pad.after().get(d);
        }
        return graph().add(
                        "Pad", List.of(s.x(), graph().vector(amounts), graph().scalar(pad.value(), writer.dtype(s))));
    }

    List<String> sort(Sort sort, OperationWriter.Step s) {
        String count = writer.sizes.vector(writer.recording.size(s.input(0), sort.dim()));
        return graph().addAll(
                        "TopK",
                        List.of(s.x(), count),
                        2,
                        Attribute.of("axis", (long) sort.dim()),
                        Attribute.of("largest", sort.descending() ? 1L : 0L));
    }
}
