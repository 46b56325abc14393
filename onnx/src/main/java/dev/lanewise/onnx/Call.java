package dev.lanewise.onnx;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One run of a node: its inputs and attributes, and ways to return results. */
final class Call {
    private final Program.Step step;
    private final Env env;

    Call(Program.Step step, Env env) {
        this.step = step;
        this.env = env;
    }

    int opset() {
        return step.opset();
    }

    Node node() {
        return step.node();
    }

    Env env() {
        return env;
    }

    // ---- inputs

    int inputs() {
        return node().inputs().size();
    }

    int outputs() {
        return node().outputs().size();
    }

    boolean wants(int output) {
        return output < outputs() && !node().outputs().get(output).isEmpty();
    }

    boolean has(int i) {
        return i < inputs() && !node().inputs().get(i).isEmpty();
    }

    OnnxValue value(int i) {
        if (!has(i)) {
            throw new TensorException("input " + i + " is missing (expected a value); check the node's inputs");
        }
        return env.get(node().inputs().get(i));
    }

    @Nullable
    OnnxValue optional(int i) {
        return has(i) ? value(i) : null;
    }

    OnnxValue.Numbers numbers(int i) {
        if (value(i) instanceof OnnxValue.Numbers numbers) {
            return numbers;
        }
        throw wrong(i, "a tensor of numbers");
    }

    OnnxValue.Texts texts(int i) {
        if (value(i) instanceof OnnxValue.Texts texts) {
            return texts;
        }
        throw wrong(i, "a tensor of texts");
    }

    boolean isTexts(int i) {
        return value(i) instanceof OnnxValue.Texts;
    }

    List<OnnxValue> sequence(int i) {
        if (value(i) instanceof OnnxValue.Sequence sequence) {
            return sequence.values();
        }
        throw wrong(i, "a sequence");
    }

    private TensorException wrong(int i, String expected) {
        return new TensorException(
                "input " + i + " is " + value(i).describe() + " (expected " + expected + "); check the graph");
    }

    ElementType type(int i) {
        return numbers(i).type();
    }

    Tensor x() {
        return x(0);
    }

    Tensor x(int i) {
        return numbers(i).tensor();
    }

    @Nullable
    Tensor maybe(int i) {
        return has(i) ? x(i) : null;
    }

    /** All inputs as tensors. */
    List<Tensor> all() {
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < inputs(); i++) {
            all.add(x(i));
        }
        return all;
    }

    /** An input's whole numbers, or null if it is left out. */
    long @Nullable [] longs(int i) {
        return has(i) ? Host.longs(x(i)) : null;
    }

    long long1(int i) {
        long[] values = Host.longs(x(i));
        if (values.length != 1) {
            throw new TensorException(
                    "input " + i + " has " + values.length + " elements (expected 1); check the graph");
        }
        return values[0];
    }

    double double1(int i) {
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
    void sameType(int a, int b) {
        if (type(a) != type(b)) {
            throw new TensorException(
                    "inputs of types " + type(a) + " and " + type(b) + " (expected one type); insert a Cast");
        }
    }

    // ---- attributes

    @Nullable
    Attribute attribute(String name) {
        return node().attributes().get(name);
    }

    boolean hasAttribute(String name) {
        return attribute(name) != null;
    }

    long i(String name, long otherwise) {
        Attribute attribute = attribute(name);
        return attribute == null ? otherwise : attribute.whole();
    }

    int axis(int otherwise, int rank) {
        return dim(i("axis", otherwise), rank);
    }

    static int dim(long axis, int rank) {
        long from0 = axis < 0 ? axis + rank : axis;
        if (from0 < 0 || from0 >= Math.max(rank, 1)) {
            throw new TensorException("axis " + axis + " of " + rank + " dimensions (expected -" + rank + " to "
                    + (rank - 1) + "); check the node");
        }
        return (int) from0;
    }

    boolean flag(String name, boolean otherwise) {
        return i(name, otherwise ? 1 : 0) != 0;
    }

    double f(String name, double otherwise) {
        Attribute attribute = attribute(name);
        return attribute == null ? otherwise : attribute.real();
    }

    String s(String name, String otherwise) {
        Attribute attribute = attribute(name);
        return attribute == null ? otherwise : attribute.text();
    }

    long @Nullable [] ints(String name) {
        Attribute attribute = attribute(name);
        return attribute == null ? null : attribute.wholes();
    }

    float @Nullable [] floats(String name) {
        Attribute attribute = attribute(name);
        return attribute == null ? null : attribute.reals();
    }

    List<String> strings(String name) {
        Attribute attribute = attribute(name);
        return attribute == null ? List.of() : attribute.texts();
    }

    Program graph(String name) {
        Program graph = step.graphs().get(name);
        if (graph == null) {
            throw new TensorException("no graph '" + name + "' (expected one); check the node's attributes");
        }
        return graph;
    }

    /** Whether an attribute has a given value, ignoring case. */
    boolean is(String name, String expected, String otherwise) {
        return s(name, otherwise).toLowerCase(Locale.ROOT).equals(expected);
    }

    // ---- results

    /** Results whose types are tensor types. */
    static OnnxValue[] out(Tensor... results) {
        OnnxValue[] values = new OnnxValue[results.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = OnnxValue.of(results[i]);
        }
        return values;
    }

    static OnnxValue[] out(OnnxValue... results) {
        return results;
    }

    /** Results of the first input's type, wrapped to its width. */
    OnnxValue[] same(Tensor... results) {
        return typed(type(0), results);
    }

    /** Results of a type, wrapped to its width. */
    static OnnxValue[] typed(ElementType type, Tensor... results) {
        OnnxValue[] values = new OnnxValue[results.length];
        for (int i = 0; i < values.length; i++) {
            Tensor result = results[i].dtype() == type.carrier() ? results[i] : results[i].to(type.carrier());
            values[i] = Wrap.value(type, result);
        }
        return values;
    }

    /** The first input rearranged, with its elements unchanged: texts are moved by their positions. */
    OnnxValue[] moved(java.util.function.UnaryOperator<Tensor> move) {
        return out(Host.moved(value(0), move));
    }

    /** Fails unless a condition holds. */
    static void check(boolean holds, String message) {
        if (!holds) {
            throw new TensorException(message);
        }
    }

    /** A number as a tensor of another's type and device. */
    static Tensor like(double value, Tensor x) {
        return x.dtype() == DType.BOOL
                ? Tensor.full(value != 0 ? 1 : 0, DType.U8, x.device()).to(DType.BOOL)
                : Tensor.full(value, x.dtype(), x.device());
    }
}
