package dev.lanewise.onnx.run;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.Wrap;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One run of a node: its inputs and attributes, and ways to return results. */
public final class Call {
    private final Program.Step step;
    private final Env env;

    Call(Program.Step step, Env env) {
        this.step = step;
        this.env = env;
    }

    public int opset() {
        return step.opset();
    }

    public Node node() {
        return step.node();
    }

    public Env env() {
        return env;
    }

    // ---- inputs

    public int inputs() {
        return node().inputs().size();
    }

    public int outputs() {
        return node().outputs().size();
    }

    public boolean wants(int output) {
        return output < outputs() && !node().outputs().get(output).isEmpty();
    }

    public boolean has(int i) {
        return i < inputs() && !node().inputs().get(i).isEmpty();
    }

    public OnnxValue value(int i) {
        if (!has(i)) {
            throw new TensorException("input " + i + " is missing (expected a value); check the node's inputs");
        }
        return env.get(node().inputs().get(i));
    }

    public @Nullable OnnxValue optional(int i) {
        return has(i) ? value(i) : null;
    }

    public OnnxValue.Numbers numbers(int i) {
        if (value(i) instanceof OnnxValue.Numbers numbers) {
            return numbers;
        }
        throw wrong(i, "a tensor of numbers");
    }

    public OnnxValue.Texts texts(int i) {
        if (value(i) instanceof OnnxValue.Texts texts) {
            return texts;
        }
        throw wrong(i, "a tensor of texts");
    }

    public boolean isTexts(int i) {
        return value(i) instanceof OnnxValue.Texts;
    }

    public List<OnnxValue> sequence(int i) {
        if (value(i) instanceof OnnxValue.Sequence sequence) {
            return sequence.values();
        }
        throw wrong(i, "a sequence");
    }

    private TensorException wrong(int i, String expected) {
        return new TensorException(
                "input " + i + " is " + value(i).describe() + " (expected " + expected + "); check the graph");
    }

    public ElementType type(int i) {
        return numbers(i).type();
    }

    public Tensor x() {
        return x(0);
    }

    public Tensor x(int i) {
        return numbers(i).tensor();
    }

    public @Nullable Tensor maybe(int i) {
        return has(i) ? x(i) : null;
    }

    /** All inputs as tensors. */
    public List<Tensor> all() {
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < inputs(); i++) {
            all.add(x(i));
        }
        return all;
    }

    /** An input's whole numbers, or null if it is left out. */
    public long @Nullable [] longs(int i) {
        return has(i) ? Host.longs(x(i)) : null;
    }

    public long long1(int i) {
        long[] values = Host.longs(x(i));
        if (values.length != 1) {
            throw new TensorException(
                    "input " + i + " has " + values.length + " elements (expected 1); check the graph");
        }
        return values[0];
    }

    public double double1(int i) {
        double[] values = Host.doubles(x(i));
        if (values.length != 1) {
            throw new TensorException(
                    "input " + i + " has " + values.length + " elements (expected 1); check the graph");
        }
        return values[0];
    }

    String describe() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < inputs(); i++) {
            all.add(has(i) ? value(i).describe() : "nothing");
        }
        return all.toString();
    }

    /** Fails unless two inputs have one type. */
    public void sameType(int a, int b) {
        if (type(a) != type(b)) {
            throw new TensorException(
                    "inputs of types " + type(a) + " and " + type(b) + " (expected one type); insert a Cast");
        }
    }

    // ---- attributes

    public @Nullable Attribute attribute(String name) {
        return node().attributes().get(name);
    }

    public boolean hasAttribute(String name) {
        return attribute(name) != null;
    }

    public long i(String name, long otherwise) {
        Attribute attribute = attribute(name);
        return attribute == null ? otherwise : attribute.whole();
    }

    public int axis(int otherwise, int rank) {
        return dim(i("axis", otherwise), rank);
    }

    public static int dim(long axis, int rank) {
        long from0 = axis < 0 ? axis + rank : axis;
        if (from0 < 0 || from0 >= Math.max(rank, 1)) {
            throw new TensorException("axis " + axis + " of " + rank + " dimensions (expected -" + rank + " to "
                    + (rank - 1) + "); check the node");
        }
        return (int) from0;
    }

    public boolean flag(String name, boolean otherwise) {
        return i(name, otherwise ? 1 : 0) != 0;
    }

    public double f(String name, double otherwise) {
        Attribute attribute = attribute(name);
        return attribute == null ? otherwise : attribute.real();
    }

    public String s(String name, String otherwise) {
        Attribute attribute = attribute(name);
        return attribute == null ? otherwise : attribute.text();
    }

    public long @Nullable [] ints(String name) {
        Attribute attribute = attribute(name);
        return attribute == null ? null : attribute.wholes();
    }

    public float @Nullable [] floats(String name) {
        Attribute attribute = attribute(name);
        return attribute == null ? null : attribute.reals();
    }

    public List<String> strings(String name) {
        Attribute attribute = attribute(name);
        return attribute == null ? List.of() : attribute.texts();
    }

    public Program graph(String name) {
        Program graph = step.graphs().get(name);
        if (graph == null) {
            throw new TensorException("no graph '" + name + "' (expected one); check the node's attributes");
        }
        return graph;
    }

    /** Whether an attribute has a given value, ignoring case. */
    public boolean is(String name, String expected, String otherwise) {
        return s(name, otherwise).toLowerCase(Locale.ROOT).equals(expected);
    }

    // ---- results

    /** Results whose types are tensor types. */
    public static OnnxValue[] out(Tensor... results) {
        OnnxValue[] values = new OnnxValue[results.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = OnnxValue.of(results[i]);
        }
        return values;
    }

    public static OnnxValue[] out(OnnxValue... results) {
        return results;
    }

    /** Results of the first input's type, wrapped to its width. */
    public OnnxValue[] same(Tensor... results) {
        return typed(type(0), results);
    }

    /** Results of a type, wrapped to its width. */
    public static OnnxValue[] typed(ElementType type, Tensor... results) {
        OnnxValue[] values = new OnnxValue[results.length];
        for (int i = 0; i < values.length; i++) {
            Tensor result = results[i].dtype() == type.carrier() ? results[i] : results[i].to(type.carrier());
            values[i] = Wrap.value(type, result);
        }
        return values;
    }

    /** The first input rearranged, with its elements unchanged: texts are moved by their positions. */
    public OnnxValue[] moved(java.util.function.UnaryOperator<Tensor> move) {
        return out(Host.moved(value(0), move));
    }

    /** Fails unless a condition holds. */
    public static void check(boolean holds, String message) {
        if (!holds) {
            throw new TensorException(message);
        }
    }

    /** A number as a tensor of another's type and device. */
    public static Tensor like(double value, Tensor x) {
        return x.dtype() == DType.BOOL
                ? Tensor.full(value != 0 ? 1 : 0, DType.U8, x.device()).to(DType.BOOL)
                : Tensor.full(value, x.dtype(), x.device());
    }
}
