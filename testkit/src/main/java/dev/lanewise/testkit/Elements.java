package dev.lanewise.testkit;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads and writes single elements of a tensor in host memory by their coordinates, whatever its strides.
 *
 * <p>Floating-point elements are {@code double}, all others {@code long} (truth values 0 and 1). Writing rounds to the
 * nearest even value of the element type, or wraps to its width.
 */
public final class Elements {
    private final MemorySegment memory;
    private final DType dtype;
    private final Shape shape;
    private final long[] strides;
    private final long offset;

    private Elements(MemorySegment memory, DType dtype, Shape shape, long[] strides, long offset) {
        this.memory = memory;
        this.dtype = dtype;
        this.shape = shape;
        this.strides = strides;
        this.offset = offset;
    }

    /**
     * The elements of a tensor.
     *
     * @param tensor a tensor of any type
     * @return a view of them
     * @throws TensorException if it is not in host memory
     */
    public static Elements of(Tensor tensor) {
        if (!(Storage.buffer(tensor) instanceof HostBuffer host)) {
            throw new TensorException("elements: " + tensor.spec() + " on " + tensor.device()
                    + " is not in host memory (expected the CPU); move it with to(Device.CPU)");
        }
        Storage.buffer(tensor).checkAlive();
        return new Elements(host.segment(), tensor.dtype(), tensor.shape(), tensor.strides(), Storage.offset(tensor));
    }

    /**
     * The same elements repeated to a shape that theirs broadcasts to.
     *
     * @param to the shape
     * @return a view
     */
    public Elements broadcast(Shape to) {
        int added = to.rank() - shape.rank();
        long[] repeated = new long[to.rank()];
        for (int d = added; d < to.rank(); d++) {
            repeated[d] = shape.size(d - added) == 1 ? 0 : strides[d - added];
        }
        return new Elements(memory, dtype, to, repeated, offset);
    }

    /** {@return the element type} */
    public DType dtype() {
        return dtype;
    }

    /** {@return the sizes} */
    public Shape shape() {
        return shape;
    }

    /** {@return how many elements there are} */
    public long count() {
        return shape.elements();
    }

    /**
     * The coordinates of an element by its position in row-major order.
     *
     * @param position the position, from 0
     * @return a coordinate for each dimension
     */
    public long[] index(long position) {
        return index(shape, position);
    }

    /**
     * The coordinates that a position in row-major order has in a shape.
     *
     * @param shape the sizes
     * @param position the position, from 0
     * @return a coordinate for each dimension
     */
    public static long[] index(Shape shape, long position) {
        long[] index = new long[shape.rank()];
        long rest = position;
        for (int d = index.length - 1; d >= 0; d--) {
            index[d] = rest % shape.size(d);
            rest /= shape.size(d);
        }
        return index;
    }

    /**
     * An element as {@code double}.
     *
     * @param index the coordinates
     * @return the element
     */
    public double real(long... index) {
        long p = place(index);
        return switch (dtype) {
            case F32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, p);
            case F64 -> memory.getAtIndex(ValueLayout.JAVA_DOUBLE, p);
            case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, p));
            case BF16 -> Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, p) << 16);
            case I8, U8, I32, I64, BOOL -> integer(index);
        };
    }

    /**
     * An element as {@code long}; of a floating-point tensor its integer part.
     *
     * @param index the coordinates
     * @return the element
     */
    public long integer(long... index) {
        long p = place(index);
        return switch (dtype) {
            case F32, F64, F16, BF16 -> (long) real(index);
            case I8 -> memory.get(ValueLayout.JAVA_BYTE, p);
            case U8 -> Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, p));
            case I32 -> memory.getAtIndex(ValueLayout.JAVA_INT, p);
            case I64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, p);
            case BOOL -> memory.get(ValueLayout.JAVA_BYTE, p) == 0 ? 0 : 1;
        };
    }

    /**
     * Replaces an element, rounded to the element type. For {@link DType#BOOL}: whether the value is not 0.
     *
     * @param value the new element
     * @param index the coordinates
     */
    public void set(double value, long... index) {
        long p = place(index);
        switch (dtype) {
            case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, p, (float) value);
            case F64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, p, value);
            case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, p, Float.floatToFloat16((float) value));
            case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, p, floatToBfloat16((float) value));
            case BOOL -> set(value == 0 ? 0L : 1L, index);
            case I8, U8, I32, I64 -> set((long) value, index);
        }
    }

    /**
     * Replaces an element, wrapped to the element type. For {@link DType#BOOL}: the lowest bit.
     *
     * @param value the new element
     * @param index the coordinates
     */
    public void set(long value, long... index) {
        long p = place(index);
        switch (dtype) {
            case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, p, (float) value);
            case F64, F16, BF16 -> set((double) value, index);
            case I8, U8 -> memory.set(ValueLayout.JAVA_BYTE, p, (byte) value);
            case I32 -> memory.setAtIndex(ValueLayout.JAVA_INT, p, (int) value);
            case I64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, p, value);
            case BOOL -> memory.set(ValueLayout.JAVA_BYTE, p, (byte) (value & 1));
        }
    }

    /**
     * Replaces an element by one of a tensor of the same type.
     *
     * @param source where the element is
     * @param from the coordinates in the source
     * @param index the coordinates
     */
    public void copy(Elements source, long[] from, long... index) {
        if (dtype.isFloating()) {
            set(source.real(from), index);
        } else {
            set(source.integer(from), index);
        }
    }

    /** The nearest bfloat16, halves to even; NaN stays NaN. */
    static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    private long place(long[] index) {
        long place = offset;
        for (int d = 0; d < index.length; d++) {
            place += index[d] * strides[d];
        }
        return place;
    }
}
