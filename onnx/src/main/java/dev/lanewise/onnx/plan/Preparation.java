package dev.lanewise.onnx.plan;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.op.ShapeOps;
import dev.lanewise.onnx.run.Env;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Prepares a graph once, before it runs: constants are computed, and nodes whose results are never read are removed.
 */
public final class Preparation {
    /**
     * The number of elements that a folded node may produce, so that a small file does not fill memory when it is
     * loaded.
     */
    private static final long MOST_ELEMENTS = 1L << 26;

    private static final Set<String> RANDOM =
            Set.of("RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike", "Bernoulli", "Dropout");
    /** Operators whose results can be far larger than their inputs. */
    private static final Set<String> GROWING = Set.of(
            "Tile",
            "Pad",
            "Resize",
            "Upsample",
            "OneHot",
            "Loop",
            "Scan",
            "If",
            "SequenceMap",
            "ConvTranspose",
            "CenterCropPad",
            "Col2Im",
            "MaxUnpool",
            "AffineGrid",
            "EyeLike",
            "GridSample",
            "RoiAlign",
            "DFT",
            "HannWindow",
            "HammingWindow",
            "BlackmanWindow",
            "MelWeightMatrix",
            "STFT",
            "LSTM",
            "GRU",
            "RNN");

    private Preparation() {}

    /** Receives the value of a folded node. */
    public interface Folded {
        void add(String name, OnnxValue value);
    }

    /**
     * Computes the nodes that depend on constants alone.
     *
     * @param known the constants by name; grows
     * @return the other nodes
     */
    public static Program fold(Program program, Map<String, OnnxValue> known, Folded folded) {
        List<Program.Step> left = new ArrayList<>();
        for (Program.Step step : program.steps()) {
            if (!isConstant(step, known) || !compute(step, known, folded)) {
                left.add(step);
            }
        }
        return program.with(left);
    }

    private static boolean isConstant(Program.Step step, Map<String, OnnxValue> known) {
        String op = step.node().op();
        if (RANDOM.contains(op) || GROWING.contains(op) || !step.graphs().isEmpty()) {
            return false;
        }
        for (String input : step.node().inputs()) {
            if (!input.isEmpty() && !known.containsKey(input)) {
                return false;
            }
        }
        return bound(step, known) <= MOST_ELEMENTS;
    }

    /** An upper bound of the number of elements of the results. */
    private static double bound(Program.Step step, Map<String, OnnxValue> known) {
        List<OnnxValue> inputs = new ArrayList<>();
        for (String input : step.node().inputs()) {
            OnnxValue value = known.get(input);
            if (value != null) {
                inputs.add(value);
            }
        }
        String op = step.node().op();
        double bound = 1;
        if (op.equals("Range") && inputs.size() == 3) {
            return Math.abs((number(inputs.get(1)) - number(inputs.get(0))) / number(inputs.get(2)));
        }
        if ((op.equals("ConstantOfShape") || op.equals("Expand")) && !inputs.isEmpty()) {
            OnnxValue shape = inputs.getLast();
            Tensor sizes = OnnxValue.tensorOf(shape);
            for (long size : sizes == null ? new long[0] : Host.longs(sizes)) {
                bound *= Math.max(1, Math.abs((double) size));
            }
            return op.equals("Expand") ? bound * elements(inputs.getFirst()) : bound;
        }
        if (op.equals("Concat") || op.equals("Sum")) {
            return inputs.stream().mapToDouble(Preparation::elements).sum();
        }
        for (OnnxValue input : inputs) {
            bound *= Math.max(1, elements(input));
        }
        return bound;
    }

    private static double number(OnnxValue value) {
        Tensor tensor = OnnxValue.tensorOf(value);
        return tensor == null || tensor.shape().elements() != 1 ? Double.NaN : Host.doubles(tensor)[0];
    }

    private static double elements(OnnxValue value) {
        return value instanceof OnnxValue.Numbers || value instanceof OnnxValue.Texts
                ? ShapeOps.shapeOf(value).elements()
                : Double.POSITIVE_INFINITY;
    }

    /** A node that fails here is left to fail when it is run, if ever. */
    private static boolean compute(Program.Step step, Map<String, OnnxValue> known, Folded folded) {
        List<String> names = step.node().outputs();
        try (Scope ignored = Scope.open("fold")) {
            Env env = new Env(null, names.size() + step.node().inputs().size());
            for (String input : step.node().inputs()) {
                OnnxValue value = known.get(input);
                if (value != null) {
                    env.put(input, value);
                }
            }
            Autograd.noGrad(() -> {
                Program.run(step, env);
                return true;
            });
            for (String name : names) {
                if (!name.isEmpty()) {
                    OnnxValue value = kept(env.get(name));
                    known.put(name, value);
                    folded.add(name, value);
                }
            }
            return true;
        } catch (TensorException e) {
            return false;
        }
    }

    /** A value that outlives the scope in which it was made. */
    static OnnxValue kept(OnnxValue value) {
        return switch (value) {
            case OnnxValue.Numbers numbers ->
                new OnnxValue.Numbers(
                        numbers.type(), numbers.tensor().contiguous().keep());
            case OnnxValue.Sequence sequence ->
                new OnnxValue.Sequence(
                        sequence.values().stream().map(Preparation::kept).toList());
            default -> value;
        };
    }

    /** Removes the nodes whose results are never read. */
    public static Program withoutDead(Program program) {
        Set<String> read = new HashSet<>(program.outputs());
        List<Program.Step> kept = new ArrayList<>();
        for (Program.Step step : program.steps().reversed()) {
            if (!Collections.disjoint(step.node().outputs(), read)) {
                reads(step, read);
                kept.add(step);
            }
        }
        Collections.reverse(kept);
        return program.with(kept);
    }

    /** The names that a node reads, including those in its graphs. */
    static void reads(Program.Step step, Set<String> read) {
        read.addAll(step.node().inputs());
        for (Program graph : step.graphs().values()) {
            read.addAll(graph.outputs());
            graph.steps().forEach(inner -> reads(inner, read));
        }
    }
}
