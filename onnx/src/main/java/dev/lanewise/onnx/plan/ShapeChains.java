package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.op.ShapeOps;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Computes the chains of Shape, Gather, Unsqueeze and Concat that exporters write for sizes in plain numbers, where a
 * Reshape or Expand takes the result: such a chain takes longer than the node that uses it.
 */
public final class ShapeChains {
    private static final int MOST_DEPTH = 32;
    private static final int MOST_SIZES = 16;

    /** Whole numbers that follow from the shapes of a node's inputs. */
    private interface Sizes {
        long[] of(Call call);
    }

    private final Map<String, Program.Step> writers = new HashMap<>();
    private final Function<String, @Nullable OnnxValue> constants;

    private ShapeChains(Program program, Function<String, @Nullable OnnxValue> constants) {
        this.constants = constants;
        for (Program.Step step : program.steps()) {
            step.node().outputs().forEach(output -> writers.put(output, step));
        }
    }

    /**
     * Replaces nodes that take sizes by nodes that compute the sizes themselves.
     *
     * @param constants the value of a constant, or null for anything else
     * @param report counts what was found
     */
    public static Program shortened(
            Program program, Function<String, @Nullable OnnxValue> constants, Map<String, Integer> report) {
        ShapeChains chains = new ShapeChains(program, constants);
        List<Program.Step> steps = new ArrayList<>();
        int count = 0;
        for (Program.Step step : program.steps()) {
            Program.Step shorter = chains.shortened(step);
            count += shorter == null ? 0 : 1;
            steps.add(shorter == null ? step : shorter);
        }
        if (count > 0) {
            report.put("fused: sizes of a reshape", count);
        }
        return Preparation.withoutDead(program.with(steps));
    }

    private Program.@Nullable Step shortened(Program.Step step) {
        boolean reshapes = step.node().key().equals("Reshape");
        boolean takesSizes = (reshapes || step.node().key().equals("Expand"))
                && step.node().inputs().size() == 2
                && constants.apply(step.node().inputs().get(1)) == null;
        if (!takesSizes) {
            return null;
        }
        Node old = step.node();
        List<String> inputs = new ArrayList<>(List.of(old.inputs().getFirst()));
        Sizes sizes = sizes(old.inputs().get(1), inputs, 0);
        if (sizes == null) {
            return null;
        }
        Attribute allowZero = old.attributes().get("allowzero");
        boolean zero = allowZero != null && allowZero.whole() != 0;
        Operator operator = reshapes
                ? call -> call.moved(x -> ShapeOps.reshape(x, sizes.of(call), zero))
                : call -> call.moved(x -> ShapeOps.expand(x, sizes.of(call)));
        Node node = new Node(old.name(), old.op(), "", "", inputs, old.outputs(), Map.of());
        boolean rounds = step.operator() instanceof HalfRounding.Rounding;
        return new Program.Step(node, step.opset(), rounds ? new HalfRounding.Rounding(operator) : operator, Map.of());
    }

    /**
     * How to compute a value, if it follows from shapes alone; the tensors with these shapes are added to the inputs.
     */
    private @Nullable Sizes sizes(String value, List<String> inputs, int depth) {
        OnnxValue constant = constants.apply(value);
        if (constant != null) {
            return fixed(constant);
        }
        Program.Step step = writers.get(value);
        if (step == null || depth > MOST_DEPTH) {
            return null;
        }
        return switch (step.node().key()) {
            case "Shape" -> shape(step, inputs);
            case "Gather" -> gather(step, inputs, depth);
            case "Unsqueeze", "Squeeze", "Identity" -> sizes(in(step, 0), inputs, depth + 1);
            case "Cast" -> isWide(step) ? sizes(in(step, 0), inputs, depth + 1) : null;
            case "Concat" -> concat(step, inputs, depth);
            case "Slice" -> slice(step, inputs, depth);
            case "Add" -> both(step, inputs, depth, Long::sum);
            case "Sub" -> both(step, inputs, depth, (a, b) -> a - b);
            case "Mul" -> both(step, inputs, depth, (a, b) -> a * b);
            default -> null;
        };
    }

    private static String in(Program.Step step, int i) {
        return i < step.node().inputs().size() ? step.node().inputs().get(i) : "";
    }

    private static boolean isWide(Program.Step step) {
        Attribute to = step.node().attributes().get("to");
        return to != null && to.whole() == ElementType.INT64.number();
    }

    private static @Nullable Sizes fixed(OnnxValue constant) {
        Tensor tensor = OnnxValue.tensorOf(constant);
        if (tensor == null
                || tensor.dtype() != DType.I64
                || tensor.shape().rank() > 1
                || tensor.shape().elements() > MOST_SIZES) {
            return null;
        }
        long[] values = Host.longs(tensor);
        return call -> values;
    }

    private @Nullable Sizes shape(Program.Step step, List<String> inputs) {
        String of = in(step, 0);
        int known = inputs.indexOf(of);
        int position = known < 0 ? inputs.size() : known;
        if (known < 0) {
            inputs.add(of);
        }
        Attribute start = step.node().attributes().get("start");
        Attribute end = step.node().attributes().get("end");
        long from = start == null ? 0 : start.whole();
        long to = end == null ? Long.MAX_VALUE : end.whole();
        return call -> {
            Shape shape = ShapeOps.shapeOf(call.value(position));
            int rank = shape.rank();
            int first = Math.clamp(from < 0 ? from + rank : from, 0, rank);
            int last = Math.clamp(to < 0 ? to + rank : to, 0, rank);
            return first >= last ? new long[0] : shape.slice(first, last).toArray();
        };
    }

    private @Nullable Sizes gather(Program.Step step, List<String> inputs, int depth) {
        OnnxValue index = constants.apply(in(step, 1));
        Sizes positions = index == null ? null : fixed(index);
        Sizes from = positions == null ? null : sizes(in(step, 0), inputs, depth + 1);
        if (positions == null || from == null) {
            return null;
        }
        return call -> {
            long[] all = from.of(call);
            long[] picked = positions.of(call).clone();
            for (int i = 0; i < picked.length; i++) {
                picked[i] = all[Math.toIntExact(picked[i] < 0 ? picked[i] + all.length : picked[i])];
            }
            return picked;
        };
    }

    private @Nullable Sizes concat(Program.Step step, List<String> inputs, int depth) {
        List<Sizes> parts = new ArrayList<>();
        for (String input : step.node().inputs()) {
            Sizes part = sizes(input, inputs, depth + 1);
            if (part == null) {
                return null;
            }
            parts.add(part);
        }
        return call -> {
            long[] all = new long[0];
            for (Sizes part : parts) {
                long[] more = part.of(call);
                all = Arrays.copyOf(all, all.length + more.length);
                System.arraycopy(more, 0, all, all.length - more.length, more.length);
            }
            return all;
        };
    }

    /** A part of a vector, with step 1. */
    private @Nullable Sizes slice(Program.Step step, List<String> inputs, int depth) {
        long start = one(in(step, 1), Long.MIN_VALUE);
        long end = one(in(step, 2), Long.MIN_VALUE);
        boolean fits = start != Long.MIN_VALUE && end != Long.MIN_VALUE && one(in(step, 4), 1) == 1;
        Sizes from = fits ? sizes(in(step, 0), inputs, depth + 1) : null;
        return from == null
                ? null
                : call -> {
                    long[] all = from.of(call);
                    int first = Math.clamp(start < 0 ? start + all.length : start, 0, all.length);
                    int last = Math.clamp(end < 0 ? end + all.length : end, 0, all.length);
                    return first >= last ? new long[0] : Arrays.copyOfRange(all, first, last);
                };
    }

    private long one(String value, long otherwise) {
        OnnxValue constant = value.isEmpty() ? null : constants.apply(value);
        Sizes sizes = constant == null ? null : fixed(constant);
        Tensor tensor = constant == null ? null : OnnxValue.tensorOf(constant);
        return sizes == null || tensor == null || tensor.shape().elements() != 1 ? otherwise : Host.longs(tensor)[0];
    }

    private @Nullable Sizes both(Program.Step step, List<String> inputs, int depth, LongBinaryOperator function) {
        Sizes left = sizes(in(step, 0), inputs, depth + 1);
        Sizes right = left == null ? null : sizes(in(step, 1), inputs, depth + 1);
        if (left == null || right == null) {
            return null;
        }
        return call -> {
            long[] a = left.of(call);
            long[] b = right.of(call);
            long[] result = new long[a.length == 1 ? b.length : a.length];
            for (int i = 0; i < result.length; i++) {
                result[i] = function.applyAsLong(a[a.length == 1 ? 0 : i], b[b.length == 1 ? 0 : i]);
            }
            return result;
        };
    }
}
