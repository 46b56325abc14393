package dev.lanewise.onnx.export;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Several traces of one computation, with inputs of different sizes, side by side: values that are the same in all of
 * them are fixed, and those that differ depend on the inputs' sizes.
 */
final class Recording {
    private final List<Trace> traces;

    /**
     * Traces of one computation.
     *
     * @throws TensorException if they are of different computations
     */
    Recording(List<Trace> traces) {
        this.traces = traces;
        Trace first = traces.getFirst();
        for (Trace other : traces) {
            checkAlike(first, other);
        }
    }

    private static void checkAlike(Trace first, Trace other) {
        int count = Math.min(first.entries().size(), other.entries().size());
        for (int i = 0; i < count; i++) {
            Trace.Entry a = first.entries().get(i);
            Trace.Entry b = other.entries().get(i);
            if (!a.op().opName().equals(b.op().opName()) || !Arrays.equals(a.inputs(), b.inputs())) {
                throw differs(i, a.op().toString(), b.op().toString());
            }
        }
        if (first.entries().size() != other.entries().size()) {
            throw differs(
                    count,
                    first.entries().size() + " operations",
                    other.entries().size() + " operations");
        }
    }

    private static TensorException differs(int index, String a, String b) {
        return new TensorException("export: with other sizes of its dynamic axes the forward pass does something else:"
                + " operation " + index + " is " + a + ", then " + b
                + " (expected the same); fix the axis that it depends on with ExportOptions");
    }

    List<Trace.Entry> entries() {
        return traces.getFirst().entries();
    }

    Trace.Value value(int value) {
        return traces.getFirst().values().get(value);
    }

    int values() {
        return traces.getFirst().values().size();
    }

    DType dtype(int value) {
        return value(value).spec().dtype();
    }

    int rank(int value) {
        return value(value).spec().shape().rank();
    }

    /** The size of a dimension in each trace. */
    long[] size(int value, int dim) {
        long[] sizes = new long[traces.size()];
        for (int t = 0; t < sizes.length; t++) {
            sizes[t] = traces.get(t).values().get(value).spec().shape().size(dim);
        }
        return sizes;
    }

    /** The sizes of all dimensions, each in each trace. */
    long[][] sizes(int value) {
        long[][] sizes = new long[rank(value)][];
        Arrays.setAll(sizes, d -> size(value, d));
        return sizes;
    }

    /** A number of an operation in each trace. */
    double[] numbers(int entry, ToDoubleFunction<Op> number) {
        return traces.stream()
                .mapToDouble(
                        trace -> number.applyAsDouble(trace.entries().get(entry).op()))
                .toArray();
    }

    /** A whole number of an operation in each trace. */
    long[] wholes(int entry, ToLongFunction<Op> number) {
        return traces.stream()
                .mapToLong(
                        trace -> number.applyAsLong(trace.entries().get(entry).op()))
                .toArray();
    }

    /** Whether an operation is the same in all traces. */
    boolean isFixed(int entry) {
        Op op = entries().get(entry).op();
        return traces.stream().allMatch(trace -> trace.entries().get(entry).op().equals(op));
    }

    static boolean isFixed(long... sizes) {
        return Arrays.stream(sizes).allMatch(size -> size == sizes[0]);
    }

    static boolean isFixed(double... numbers) {
        return Arrays.stream(numbers).allMatch(number -> Double.compare(number, numbers[0]) == 0);
    }

    /** The elements of a constant, if they are the same in all traces; else null. */
    @Nullable
    MemorySegment elements(int value) {
        MemorySegment first = null;
        Shape shape = value(value).spec().shape();
        for (Trace trace : traces) {
            Trace.Value other = trace.values().get(value);
            if (!other.spec().shape().equals(shape)) {
                return null;
            }
            if (first != null && other.memory().isAt(value(value).memory())) {
                continue;
            }
            MemorySegment elements = trace.elements(other);
            if (first != null && first.mismatch(elements) >= 0) {
                return null;
            }
            first = elements;
        }
        return first;
    }

    /** The table whose first rows a constant is in every trace; null if there is none. */
    Trace.@Nullable Table table(int value) {
        Trace.Value one = value(value);
        for (Trace trace : traces) {
            Trace.Value other = trace.values().get(value);
            if (other.spec().shape().rank() != one.spec().shape().rank()
                    || !other.memory().isAt(one.memory())) {
                return null;
            }
        }
        return traces.getFirst().table(one);
    }
}
