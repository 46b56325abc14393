package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Dispatch;
import dev.lanewise.tensor.internal.Ownership;
import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Transfer;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;

/** Conversions of a {@link Tensor}, and its elements as Java values and memory. */
public sealed interface AccessMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the elements converted to another type; this tensor itself if it has that type} Narrower floating-point
     * types round to the nearest, halves to even; integer types cut fractions and keep the low bits, NaN becomes 0; as
     * {@link DType#BOOL}, every element but 0 is true.
     *
     * @param dtype the type wanted
     */
    default Tensor to(DType dtype) {
        return dtype == self().dtype() ? self() : self().apply(new Cast(dtype));
    }

    /**
     * {@return a copy on another device; this tensor if it is there}
     *
     * @param device the device wanted
     * @throws TensorException if there is no such device, or its memory ends
     */
    default Tensor to(Device device) {
        return device.equals(self().device()) ? self() : self().apply(new Transfer(device));
    }

    /**
     * {@return a tensor whose elements are dense and in row-major order: this tensor if they already are, else a copy}
     */
    default Tensor contiguous() {
        return self().isContiguous() ? self() : self().apply(Copy.COPY);
    }

    /** {@return a dense copy with memory of its own} */
    default Tensor copy() {
        return self().apply(Copy.COPY);
    }

    /**
     * Overwrites this tensor's elements (for a view, those it shows) with those of another tensor, which broadcasts.
     * Counts as a new version; nothing is recorded for gradients.
     *
     * @param source the elements, of this tensor's type and device; they broadcast to its shape
     * @throws TensorException if the source's shape, type or device does not fit
     */
    default void assign(Tensor source) {
        Dispatch.update(
                Copy.COPY, new Tensor[] {self()}, source.expand(self().shape().toArray()));
    }

    /**
     * Overwrites rows of this tensor, the slices along dimension 0, with others, by one operation. Counts as a new version;
     * nothing is recorded for gradients.
     *
     * @param index the numbers of the rows, {@code [m]} of {@link DType#I64} or {@link DType#I32}, each once
     * @param rows {@code [m, ...]}, of this tensor's type and device
     * @throws TensorException if shapes don't fit, a number is outside, or this tensor is a strided view
     */
    default void assignRows(Tensor index, Tensor rows) {
        int rank = self().shape().rank();
        if (rank == 0
                || index.shape().rank() != 1
                || !rows.shape().equals(self().shape().with(0, index.shape().size(0)))) {
            throw new TensorException("assign_rows: " + self().spec() + " with numbers " + index.spec() + " and rows "
                    + rows.spec() + " (expected [n, ...], [m] and [m, ...]); reshape them?");
        }
        long[] column = new long[rank];
        Arrays.fill(column, 1);
        column[0] = index.shape().size(0);
        try (var ignored = Scope.open("assign_rows")) {
            // what is overwritten is not read any more
            Tensor numbers = Dispatch.unshared(Positions.wide("assign_rows", "numbers", index), self());
            Tensor positions = numbers.reshape(column).expand(rows.shape());
            Tensor source = Dispatch.unshared(rows, self());
            Dispatch.update(new Scatter(Scatter.Kind.SET, 0), new Tensor[] {self()}, self(), positions, source);
        }
    }

    /**
     * Takes this tensor's memory out of every scope: it lives as long as it is reachable. Returns this tensor.
     *
     * @return this tensor
     */
    default Tensor keep() {
        Ownership.escape(Storage.buffer(self()));
        return self();
    }

    /**
     * Copies the elements in row-major order into a segment of exactly their size; waits for the device.
     *
     * @param target the segment to write to, in row-major order and native byte order; its address need not be aligned
     * @throws TensorException if it is of another size
     * @throws IllegalArgumentException if the segment is read-only
     * @throws IllegalStateException if its arena has been closed
     * @throws WrongThreadException if another thread's confined arena owns it
     */
    default void copyTo(MemorySegment target) {
        Storage.buffer(self()).checkAlive();
        if (target.byteSize() != self().spec().bytes()) {
            throw new TensorException("copy_to: a segment of " + target.byteSize() + " bytes for " + self().spec()
                    + " (expected " + self().spec().bytes() + "); check the segment");
        }
        if (self().shape().isEmpty()) {
            return;
        }
        try (var ignored = Scope.open("copyTo")) {
            Tensor dense = self().contiguous();
            Backend backend = Backends.of(self().device());
            Storage.buffer(dense).retain();
            try {
                backend.copyOut(
                        Storage.buffer(dense),
                        Storage.offset(dense) * self().dtype().bytes(),
                        target);
            } finally {
                Storage.buffer(dense).release();
                // outside every scope only this reference keeps the memory from going back while it is read
                Reference.reachabilityFence(dense);
            }
        }
    }

    /**
     * Overwrites the elements with those in a segment of exactly their size, in row-major order as {@link #copyTo}
     * writes them. Counts as a new version; nothing is recorded for gradients.
     *
     * @param source the elements, in row-major order and native byte order; its address need not be aligned
     * @throws TensorException if it is of another size
     * @throws IllegalStateException if its arena has been closed
     * @throws WrongThreadException if another thread's confined arena owns it
     */
    default void copyFrom(MemorySegment source) {
        Storage.buffer(self()).checkAlive();
        if (source.byteSize() != self().spec().bytes()) {
            throw new TensorException("copy_from: a segment of " + source.byteSize() + " bytes for " + self().spec()
                    + " (expected " + self().spec().bytes() + "); check the segment");
        }
        if (self().shape().isEmpty()) {
            return;
        }
        if (!self().isContiguous()) {
            try (var ignored = Scope.open("copyFrom")) {
                assign(Tensor.of(source, self().dtype(), self().shape().toArray())
                        .to(self().device()));
            }
            return;
        }
        try {
            Backends.of(self().device())
                    .copyIn(
                            source,
                            Storage.buffer(self()),
                            Storage.offset(self()) * self().dtype().bytes());
        } finally {
            Storage.buffer(self()).bumpVersion();
            // outside every scope only this reference keeps the memory from going back while it is written
            Reference.reachabilityFence(self());
        }
    }

    /**
     * {@return the only element of a tensor with one; waits for the device}
     *
     * @throws TensorException if the tensor has none or several
     */
    default double item() {
        checkSingle();
        return toDoubleArray()[0];
    }

    /**
     * {@return the only element of a tensor with one, exact for integers; 1 for true; a floating-point number is cut towards
     * 0; waits for the device}
     *
     * @throws TensorException if the tensor has none or several
     */
    default long itemLong() {
        checkSingle();
        return toLongArray()[0];
    }

    private void checkSingle() {
        if (self().shape().elements() != 1) {
            throw new TensorException(
                    "item: " + self().spec() + " has " + self().shape().elements()
                            + " elements (expected 1); read them with toFloatArray or the like, or select one");
        }
    }

    /**
     * {@return the elements in row-major order, converted to {@code float}}
     *
     * @throws TensorException if there are more elements than an array holds
     */
    default float[] toFloatArray() {
        float[] values = new float[arrayLength()];
        read(DType.F32, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * {@return the elements in row-major order, converted to {@code double}}
     *
     * @throws TensorException if there are more elements than an array holds
     */
    default double[] toDoubleArray() {
        double[] values = new double[arrayLength()];
        read(DType.F64, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * {@return the elements in row-major order, converted to {@code long} as {@link #to(DType)} does: fractions are cut}
     *
     * @throws TensorException if there are more elements than an array holds
     */
    default long[] toLongArray() {
        long[] values = new long[arrayLength()];
        read(DType.I64, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * {@return the elements in row-major order, converted to {@code int} as {@link #to(DType)} does: of larger integers the
     * low bits are kept, and fractions are cut}
     *
     * @throws TensorException if there are more elements than an array holds
     */
    default int[] toIntArray() {
        int[] values = new int[arrayLength()];
        read(DType.I32, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * {@return whether the elements are not 0, in row-major order}
     *
     * @throws TensorException if there are more elements than an array holds
     */
    default boolean[] toBooleanArray() {
        byte[] bytes = new byte[arrayLength()];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        read(DType.BOOL, segment);
        boolean[] values = new boolean[bytes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = segment.get(ValueLayout.JAVA_BYTE, i) != 0;
        }
        return values;
    }

    private int arrayLength() {
        if (self().shape().elements() > Integer.MAX_VALUE - 8) {
            throw new TensorException(
                    "to_array: " + self().spec() + " has more elements than a Java array holds (2^31);"
                            + " use copyTo(MemorySegment), or narrow it");
        }
        return (int) self().shape().elements();
    }

    private void read(DType dtype, MemorySegment target) {
        try (var ignored = Scope.open("read")) {
            to(dtype).copyTo(target);
        }
    }
}
