package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Branches and loops, sequences and optionals. */
final class ControlOps {
    private ControlOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "If" -> ControlOps::branch;
            case "Loop" -> ControlOps::loop;
            case "Scan" -> c -> c.opset() < 9 ? batchedScan(c) : scan(c, 0);
            case "SequenceMap" -> ControlOps::sequenceMap;
            case "SequenceEmpty" -> c -> Call.out(new OnnxValue.Sequence(List.of()));
            case "SequenceConstruct" -> c -> Call.out(new OnnxValue.Sequence(values(c, 0)));
            case "SequenceAt" ->
                c -> Call.out(c.sequence(0).get(at(c, 1, c.sequence(0).size())));
            case "SequenceLength" ->
                c -> Call.out(Host.scalar((long) c.sequence(0).size()));
            case "SequenceInsert" ->
                c -> {
                    List<OnnxValue> values = new ArrayList<>(c.sequence(0));
                    values.add(c.has(2) ? at(c, 2, values.size() + 1, values.size()) : values.size(), c.value(1));
                    return Call.out(new OnnxValue.Sequence(values));
                };
            case "SequenceErase" ->
                c -> {
                    List<OnnxValue> values = new ArrayList<>(c.sequence(0));
                    values.remove(c.has(1) ? at(c, 1, values.size()) : values.size() - 1);
                    return Call.out(new OnnxValue.Sequence(values));
                };
            case "ConcatFromSequence" -> c -> Call.out(concat(c));
            case "SplitToSequence" -> c -> Call.out(new OnnxValue.Sequence(split(c)));
            case "Optional" -> c -> Call.out(c.inputs() == 0 ? new OnnxValue.Nothing() : c.value(0));
            case "OptionalHasElement" ->
                c -> Call.out(Host.scalar(c.has(0) && !c.value(0).isEmpty()));
            case "OptionalGetElement" ->
                c -> {
                    Call.check(!c.value(0).isEmpty(), "an empty optional (expected a value)");
                    return Call.out(c.value(0));
                };
            default -> null;
        };
    }

    private static List<OnnxValue> values(Call c, int from) {
        List<OnnxValue> values = new ArrayList<>();
        for (int i = from; i < c.inputs(); i++) {
            values.add(c.value(i));
        }
        return values;
    }

    private static int at(Call c, int input, int size) {
        return at(c, input, size, size);
    }

    private static int at(Call c, int input, int size, int base) {
        long position = c.long1(input);
        long from0 = position < 0 ? position + base : position;
        Call.check(
                from0 >= 0 && from0 < size,
                "position " + position + " of a sequence of " + base + " (expected one inside)");
        return (int) from0;
    }

    private static boolean truth(OnnxValue value) {
        Tensor tensor = OnnxValue.tensorOf(value);
        if (tensor == null) {
            throw new IllegalArgumentException("a condition is needed, not " + value.describe());
        }
        return tensor.to(DType.I64).reshape().itemLong() != 0;
    }

    private static OnnxValue[] branch(Call c) {
        Program taken = c.graph(truth(c.value(0)) ? "then_branch" : "else_branch");
        return taken.run(c.env(), List.of()).toArray(OnnxValue[]::new);
    }

    private static OnnxValue[] loop(Call c) {
        Program body = c.graph("body");
        long most = c.has(0) ? c.long1(0) : Long.MAX_VALUE;
        boolean going = !c.has(1) || truth(c.value(1));
        List<OnnxValue> carried = values(c, 2);
        int count = carried.size();
        List<List<OnnxValue>> scanned = new ArrayList<>();
        for (int i = count + 1; i < body.outputs().size(); i++) {
            scanned.add(new ArrayList<>());
        }
        for (long i = 0; i < most && going; i++) {
            List<OnnxValue> arguments = new ArrayList<>();
            arguments.add(OnnxValue.of(Host.scalar(i)));
            arguments.add(OnnxValue.of(Host.scalar(true)));
            arguments.addAll(carried);
            List<OnnxValue> results = body.run(c.env(), arguments);
            going = truth(results.getFirst());
            carried = new ArrayList<>(results.subList(1, count + 1));
            for (int k = 0; k < scanned.size(); k++) {
                scanned.get(k).add(results.get(count + 1 + k));
            }
        }
        List<OnnxValue> outputs = new ArrayList<>(carried);
        scanned.forEach(list -> outputs.add(stacked(list, 0)));
        return outputs.toArray(OnnxValue[]::new);
    }

    private static OnnxValue stacked(List<OnnxValue> values, int axis) {
        if (values.isEmpty()) {
            return OnnxValue.of(Tensor.zeros(0));
        }
        if (values.getFirst() instanceof OnnxValue.Texts first) {
            List<String> all = new ArrayList<>();
            values.forEach(value -> all.addAll(((OnnxValue.Texts) value).values()));
            return new OnnxValue.Texts(first.shape().insert(0, values.size()), all);
        }
        Tensor[] tensors = values.stream()
                .map(value -> ((OnnxValue.Numbers) value).tensor())
                .toArray(Tensor[]::new);
        return new OnnxValue.Numbers(CreationOps.typeOf(values.getFirst()), Tensor.stack(axis, tensors));
    }

    private static OnnxValue[] scan(Call c, int skipped) {
        Program body = c.graph("body");
        int scans = (int) c.i("num_scan_inputs", 1);
        List<OnnxValue> given = values(c, skipped);
        return scan(
                c,
                body,
                given,
                scans,
                c.ints("scan_input_axes"),
                c.ints("scan_input_directions"),
                c.ints("scan_output_axes"),
                c.ints("scan_output_directions"),
                -1);
    }

    private static OnnxValue[] scan(
            Call c,
            Program body,
            List<OnnxValue> given,
            int scans,
            long @Nullable [] axes,
            long @Nullable [] directions,
            long @Nullable [] outputAxes,
            long @Nullable [] outputDirections,
            long length) {
        int states = given.size() - scans;
        List<OnnxValue> carried = new ArrayList<>(given.subList(0, states));
        long steps = length;
        int[] dims = new int[scans];
        for (int s = 0; s < scans; s++) {
            Shape shape = ShapeOps.shapeOf(given.get(states + s));
            dims[s] = Call.dim(axes == null ? 0 : axes[s], shape.rank());
            steps = steps < 0 ? shape.size(dims[s]) : steps;
        }
        List<List<OnnxValue>> scanned = new ArrayList<>();
        for (int i = states; i < body.outputs().size(); i++) {
            scanned.add(new ArrayList<>());
        }
        for (long t = 0; t < steps; t++) {
            List<OnnxValue> arguments = new ArrayList<>(carried);
            for (int s = 0; s < scans; s++) {
                boolean back = directions != null && directions[s] == 1;
                long at = back ? steps - 1 - t : t;
                int dim = dims[s];
                arguments.add(Host.moved(given.get(states + s), x -> x.select(dim, at)));
            }
            List<OnnxValue> results = body.run(c.env(), arguments);
            carried = new ArrayList<>(results.subList(0, states));
            for (int k = 0; k < scanned.size(); k++) {
                scanned.get(k).add(results.get(states + k));
            }
        }
        List<OnnxValue> outputs = new ArrayList<>(carried);
        for (int k = 0; k < scanned.size(); k++) {
            List<OnnxValue> list = scanned.get(k);
            if (outputDirections != null && outputDirections[k] == 1) {
                Collections.reverse(list);
            }
            int rank = list.isEmpty() ? 1 : ShapeOps.shapeOf(list.getFirst()).rank() + 1;
            outputs.add(stacked(list, Call.dim(outputAxes == null ? 0 : outputAxes[k], rank)));
        }
        return outputs.toArray(OnnxValue[]::new);
    }

    /** Opset 8: every value has a leading batch dimension, and each element of the batch is scanned by itself. */
    private static OnnxValue[] batchedScan(Call c) {
        Program body = c.graph("body");
        int scans = (int) c.i("num_scan_inputs", 1);
        long[] lengths = c.longs(0);
        List<OnnxValue> all = values(c, 1);
        long batch = ShapeOps.shapeOf(all.getFirst()).size(0);
        List<OnnxValue[]> results = new ArrayList<>();
        for (long b = 0; b < batch; b++) {
            long at = b;
            List<OnnxValue> given = new ArrayList<>();
            all.forEach(value -> given.add(Host.moved(value, x -> x.select(0, at))));
            long length = lengths == null ? -1 : lengths[(int) b];
            results.add(scan(c, body, given, scans, null, c.ints("directions"), null, null, length));
        }
        OnnxValue[] outputs = new OnnxValue[body.outputs().size()];
        Arrays.setAll(outputs, i -> stacked(results.stream().map(r -> r[i]).toList(), 0));
        return outputs;
    }

    private static OnnxValue[] sequenceMap(Call c) {
        Program body = c.graph("body");
        int count = c.sequence(0).size();
        List<List<OnnxValue>> outputs = new ArrayList<>();
        body.outputs().forEach(name -> outputs.add(new ArrayList<>()));
        for (int i = 0; i < count; i++) {
            List<OnnxValue> arguments = new ArrayList<>();
            for (OnnxValue value : values(c, 0)) {
                arguments.add(
                        value instanceof OnnxValue.Sequence sequence
                                ? sequence.values().get(i)
                                : value);
            }
            List<OnnxValue> results = body.run(c.env(), arguments);
            for (int k = 0; k < outputs.size(); k++) {
                outputs.get(k).add(results.get(k));
            }
        }
        return outputs.stream().map(OnnxValue.Sequence::new).toArray(OnnxValue[]::new);
    }

    private static OnnxValue concat(Call c) {
        List<OnnxValue> values = c.sequence(0);
        int rank = ShapeOps.shapeOf(values.getFirst()).rank();
        if (c.flag("new_axis", false)) {
            return stacked(values, c.axis(0, rank + 1));
        }
        List<Tensor> parts = values.stream()
                .map(value -> ((OnnxValue.Numbers) value).tensor())
                .toList();
        return new OnnxValue.Numbers(CreationOps.typeOf(values.getFirst()), ShapeOps.cat(c.axis(0, rank), parts));
    }

    private static List<OnnxValue> split(Call c) {
        OnnxValue value = c.value(0);
        Shape shape = ShapeOps.shapeOf(value);
        int axis = c.axis(0, shape.rank());
        long total = shape.size(axis);
        long[] sizes;
        boolean single = !c.has(1);
        if (single) {
            sizes = ShapeOps.chunks(total, 1, Math.toIntExact(total));
        } else if (c.x(1).shape().rank() == 0) {
            long size = c.long1(1);
            sizes = ShapeOps.chunks(total, size, Math.toIntExact(Math.ceilDiv(total, size)));
        } else {
            sizes = Host.longs(c.x(1));
        }
        List<OnnxValue> parts = new ArrayList<>();
        long start = 0;
        boolean squeezes = single && !c.flag("keepdims", true);
        for (long size : sizes) {
            long from = start;
            parts.add(Host.moved(value, x -> squeezes ? x.select(axis, from) : x.narrow(axis, from, size)));
            start += size;
        }
        return parts;
    }
}
