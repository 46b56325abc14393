package dev.lanewise.onnx.export;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Origin;
import dev.lanewise.tensor.spi.Origins;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a computation did: its operations in order, on numbered values. Operations that compute are recorded by the
 * backend's decorator; views are recorded by the origins of their operands.
 */
public final class Trace implements AutoCloseable {
    /** What a value is. */
    enum Kind {
        /** An input of the model. */
        INPUT,
        /** A parameter or buffer. */
        STORED,
        /** A tensor that existed before, or was made on the host. */
        CONSTANT,
        /** A result of an operation. */
        RESULT
    }

    /**
     * A value.
     *
     * @param kind what it is
     * @param name the name of an input, parameter or buffer, else empty
     * @param spec its type and shape
     * @param memory where it is
     */
    record Value(Kind kind, String name, TensorSpec spec, Place memory) {}

    /**
     * Where a tensor's elements are.
     *
     * @param buffer the memory
     * @param offset the position of the first element
     * @param strides the distances between elements
     */
    record Place(Buffer buffer, long offset, long[] strides) {
        static Place of(Tensor tensor) {
            return new Place(Storage.buffer(tensor), Storage.offset(tensor), tensor.strides());
        }

        @SuppressWarnings("ReferenceEquality") // identity: the same memory
        boolean isAt(Place other) {
            return buffer == other.buffer && offset == other.offset && Arrays.equals(strides, other.strides);
        }
    }

    /**
     * An operation.
     *
     * @param op what ran
     * @param inputs the numbers of its operands
     * @param outputs the numbers of its results
     */
    record Entry(Op op, int[] inputs, int[] outputs) {}

    /** Marks a tensor as a value of a trace. */
    private static final class Mark implements Origin {
        private final Trace trace;
        private final int value;

        Mark(Trace trace, int value) {
            this.trace = trace;
            this.value = value;
        }

        @Override
        public void record(Op op, Tensor[] inputs, Tensor[] outputs) {
            trace.record(op, inputs, outputs);
        }

        @Override
        public boolean isLeaf() {
            return false;
        }
    }

    private final List<Value> values = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final IdentityHashMap<Buffer, List<Integer>> places = new IdentityHashMap<>();
    private final List<Buffer> held = new ArrayList<>();

    /** Whether a tensor is a value of some trace. */
    public static boolean isTraced(Tensor tensor) {
        return Origins.of(tensor) instanceof Mark;
    }

    List<Value> values() {
        return values;
    }

    List<Entry> entries() {
        return entries;
    }

    /** The same elements as a value of this trace. */
    Tensor mark(Kind kind, String name, Tensor tensor) {
        return Origins.withOrigin(tensor, new Mark(this, add(kind, name, tensor)));
    }

    private int add(Kind kind, String name, Tensor tensor) {
        int number = values.size();
        Place place = Place.of(tensor);
        values.add(new Value(kind, name, tensor.spec(), place));
        places.computeIfAbsent(place.buffer, b -> new ArrayList<>()).add(number);
        if (kind != Kind.RESULT) {
            // constants are read after the computation has ended
            place.buffer.retain();
            held.add(place.buffer);
        }
        return number;
    }

    /** Whether a tensor's memory belongs to a known value. */
    boolean knows(Tensor tensor) {
        return places.containsKey(Storage.buffer(tensor));
    }

    /** Notes an operation, unless it has been noted already. */
    void record(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (outputs.length > 0 && isMarked(outputs[0])) {
            return;
        }
        int[] in = new int[inputs.length];
        for (int i = 0; i < in.length; i++) {
            in[i] = number(op.opName(), inputs[i]);
        }
        int[] out = new int[outputs.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = add(Kind.RESULT, "", outputs[i]);
            Origins.attach(outputs[i], new Mark(this, out[i]));
        }
        entries.add(new Entry(op, in, out));
    }

    @SuppressWarnings("ReferenceEquality") // identity: this trace
    private boolean isMarked(Tensor tensor) {
        return Origins.of(tensor) instanceof Mark mark && mark.trace == this;
    }

    /** The number of the value that a tensor is; one that is not known becomes a constant. */
    @SuppressWarnings("ReferenceEquality") // identity: this trace
    int number(String what, Tensor tensor) {
        if (Origins.of(tensor) instanceof Mark mark && mark.trace == this) {
            return mark.value;
        }
        Place place = Place.of(tensor);
        boolean computed = false;
        for (int known : places.getOrDefault(place.buffer, List.of())) {
            Value value = values.get(known);
            if (value.memory.isAt(place) && value.spec.equals(tensor.spec())) {
                return known;
            }
            computed |= value.kind == Kind.RESULT || value.kind == Kind.INPUT;
        }
        if (computed) {
            throw new TensorException("export: " + what + " takes a view " + tensor.spec()
                    + " of a detached tensor (expected one that the record knows); take the view before detach, or"
                    + " leave detach out");
        }
        return add(Kind.CONSTANT, "", tensor);
    }

    /** A copy of the elements of a value in row-major order. */
    MemorySegment elements(Value value) {
        return elements(value.memory, value.spec.shape(), value.spec.dtype().bytes());
    }

    /** A copy of all rows of the table that a value is the first part of; null if it is not part of one. */
    @Nullable
    Table table(Value value) {
        Shape shape = value.spec.shape();
        boolean isTable = shape.rank() > 0
                && value.memory.offset == 0
                && Arrays.equals(value.memory.strides, shape.rowMajorStrides());
        long row = isTable ? value.memory.strides[0] * value.spec.dtype().bytes() : 0;
        if (row == 0 || value.memory.buffer.bytes() % row != 0) {
            return null;
        }
        Shape whole = shape.with(0, value.memory.buffer.bytes() / row);
        return new Table(whole, elements(value.memory, whole, value.spec.dtype().bytes()));
    }

    /**
     * All elements of a table.
     *
     * @param shape its shape
     * @param elements its elements
     */
    record Table(Shape shape, MemorySegment elements) {}

    private static MemorySegment elements(Place place, Shape shape, int bytes) {
        MemorySegment source = Arena.ofAuto().allocate(Math.max(1, place.buffer.bytes()), 64);
        Backends.of(place.buffer.device()).copyOut(place.buffer, 0, source.asSlice(0, place.buffer.bytes()));
        if (place.offset == 0 && Arrays.equals(place.strides, shape.rowMajorStrides())) {
            return source.asSlice(0, shape.elements() * bytes);
        }
        MemorySegment dense = Arena.ofAuto().allocate(Math.max(1, shape.elements() * bytes), 64);
        long[] at = new long[shape.rank()];
        for (long i = 0; i < shape.elements(); i++) {
            long from = place.offset;
            for (int d = 0; d < at.length; d++) {
                from += at[d] * place.strides[d];
            }
            MemorySegment.copy(source, from * bytes, dense, i * bytes, bytes);
            for (int d = at.length - 1; d >= 0 && ++at[d] == shape.size(d); d--) {
                at[d] = 0;
            }
        }
        return dense.asSlice(0, shape.elements() * bytes);
    }

    @Override
    public void close() {
        held.forEach(buffer -> buffer.release("export"));
        held.clear();
    }
}
