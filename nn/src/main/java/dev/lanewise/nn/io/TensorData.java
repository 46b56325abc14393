package dev.lanewise.nn.io;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A tensor as files hold it: dtype, shape, and row-major (C order) little-endian elements. A BOOL is one byte, 0 or 1.
 *
 * <p>The segment is read-only; it may be a slice of a mapped file, start at any address, and become invalid with the
 * file it came from. The methods here throw {@link IllegalStateException} when that file is closed, and
 * {@link BadFileException} when it has been truncated since it was opened; code that reads the segment directly then
 * gets Java's {@link InternalError}.
 *
 * @param dtype the element type
 * @param shape the sizes
 * @param segment the elements
 */
public record TensorData(DType dtype, Shape shape, MemorySegment segment) {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Wraps elements without copying.
     *
     * @param segment exactly the elements, little-endian, row-major
     * @throws IllegalArgumentException if the segment's size is not the shape's size times the dtype's
     */
    public TensorData {
        long expected = Math.multiplyExact(shape.elements(), dtype.bytes());
        if (segment.byteSize() != expected) {
            throw new IllegalArgumentException("TensorData: found " + segment.byteSize() + " bytes for " + dtype + " "
                    + shape + "; expected " + expected + "; pass exactly the tensor's elements");
        }
        segment = segment.asReadOnly();
    }

    /**
     * Copies elements of type F32 in row-major order.
     *
     * @param values the elements in row-major order
     * @param shape the sizes; their product is the number of elements
     * @return a copy
     * @throws TensorException if a size is negative, or the numbers are not as many as the shape has elements
     */
    public static TensorData of(float[] values, long... shape) {
        MemorySegment segment = allocate(DType.F32, values.length);
        MemorySegment.copy(values, 0, segment, FLOAT, 0, values.length);
        return new TensorData(DType.F32, shape(shape), segment);
    }

    /**
     * Copies elements of type F64 in row-major order.
     *
     * @param values the elements in row-major order
     * @param shape the sizes; their product is the number of elements
     * @return a copy
     * @throws TensorException if a size is negative, or the numbers are not as many as the shape has elements
     */
    public static TensorData of(double[] values, long... shape) {
        MemorySegment segment = allocate(DType.F64, values.length);
        MemorySegment.copy(values, 0, segment, DOUBLE, 0, values.length);
        return new TensorData(DType.F64, shape(shape), segment);
    }

    /**
     * Copies elements of type I32 in row-major order.
     *
     * @param values the elements in row-major order
     * @param shape the sizes; their product is the number of elements
     * @return a copy
     * @throws TensorException if a size is negative, or the numbers are not as many as the shape has elements
     */
    public static TensorData of(int[] values, long... shape) {
        MemorySegment segment = allocate(DType.I32, values.length);
        MemorySegment.copy(values, 0, segment, INT, 0, values.length);
        return new TensorData(DType.I32, shape(shape), segment);
    }

    /**
     * Copies elements of type I64 in row-major order.
     *
     * @param values the elements in row-major order
     * @param shape the sizes; their product is the number of elements
     * @return a copy
     * @throws TensorException if a size is negative, or the numbers are not as many as the shape has elements
     */
    public static TensorData of(long[] values, long... shape) {
        MemorySegment segment = allocate(DType.I64, values.length);
        MemorySegment.copy(values, 0, segment, LONG, 0, values.length);
        return new TensorData(DType.I64, shape(shape), segment);
    }

    private static Shape shape(long[] shape) {
        return Shape.of(Objects.requireNonNull(shape, "shape"));
    }

    /**
     * Copies a tensor's elements from whatever device it is on; waits for the device.
     *
     * @param tensor any tensor
     * @return a copy
     */
    public static TensorData of(Tensor tensor) {
        long bytes = tensor.shape().elements() * tensor.dtype().bytes();
        MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
        tensor.copyTo(segment);
        return new TensorData(tensor.dtype(), tensor.shape(), littleEndian(segment, tensor.dtype()));
    }

    /** {@return a tensor on the CPU with a copy of the elements; it does not depend on the file} */
    public Tensor toTensor() {
        return MappedMemory.read(segment, () -> {
            MemorySegment source = dtype == DType.BOOL ? normalized() : littleEndian(segment, dtype);
            return Tensor.of(source, dtype, shape.toArray());
        });
    }

    /** The elements as zeros and ones: any other byte that a file holds for "true" would break arithmetic on masks. */
    private MemorySegment normalized() {
        byte[] bytes = segment.toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (bytes[i] == 0 ? 0 : 1);
        }
        return MemorySegment.ofArray(bytes);
    }

    /**
     * Elements converted between the machine's byte order and little-endian, which are the same on nearly every
     * machine.
     */
    private static MemorySegment littleEndian(MemorySegment segment, DType dtype) {
        if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN || dtype.bytes() == 1) {
            return segment;
        }
        byte[] bytes = segment.toArray(ValueLayout.JAVA_BYTE);
        for (int start = 0; start < bytes.length; start += dtype.bytes()) {
            for (int low = start, high = start + dtype.bytes() - 1; low < high; low++, high--) {
                byte swapped = bytes[low];
                bytes[low] = bytes[high];
                bytes[high] = swapped;
            }
        }
        return MemorySegment.ofArray(bytes);
    }

    private static MemorySegment allocate(DType dtype, int elements) {
        long bytes = (long) elements * dtype.bytes();
        return Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    }

    /**
     * {@return the elements as floats; F16 and BF16 are widened exactly, F64 is rounded}
     *
     * @throws IllegalStateException if the dtype is not a floating-point one
     */
    public float[] toFloatArray() {
        return MappedMemory.read(segment, this::floats);
    }

    private float[] floats() {
        float[] values = new float[arrayLength()];
        switch (dtype) {
            case F32 -> MemorySegment.copy(segment, FLOAT, 0, values, 0, values.length);
            case F64 -> fill(values, i -> (float) segment.getAtIndex(DOUBLE, i));
            case F16 -> fill(values, i -> Float.float16ToFloat(segment.getAtIndex(SHORT, i)));
            case BF16 -> fill(values, i -> Float.intBitsToFloat(segment.getAtIndex(SHORT, i) << 16));
            case I8, U8, I32, I64, BOOL -> throw wrongType("floating-point", "toLongArray");
        }
        return values;
    }

    /**
     * {@return the elements as doubles; F16, BF16 and F32 are widened exactly}
     *
     * @throws IllegalStateException if the dtype is not a floating-point one
     */
    public double[] toDoubleArray() {
        if (dtype == DType.F64) {
            return MappedMemory.read(segment, () -> {
                double[] values = new double[arrayLength()];
                MemorySegment.copy(segment, DOUBLE, 0, values, 0, values.length);
                return values;
            });
        }
        float[] floats = toFloatArray();
        double[] values = new double[floats.length];
        Arrays.setAll(values, i -> floats[i]);
        return values;
    }

    /**
     * {@return the elements as longs; U8 counts from 0 to 255, BOOL is 0 or 1}
     *
     * @throws IllegalStateException if the dtype is a floating-point one
     */
    public long[] toLongArray() {
        return MappedMemory.read(segment, this::longs);
    }

    private long[] longs() {
        long[] values = new long[arrayLength()];
        switch (dtype) {
            case I64 -> MemorySegment.copy(segment, LONG, 0, values, 0, values.length);
            case I32 -> Arrays.setAll(values, i -> segment.getAtIndex(INT, i));
            case I8 -> Arrays.setAll(values, i -> segment.get(ValueLayout.JAVA_BYTE, i));
            case U8 -> Arrays.setAll(values, i -> segment.get(ValueLayout.JAVA_BYTE, i) & 0xff);
            case BOOL -> Arrays.setAll(values, i -> segment.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0 : 1);
            case F32, F64, F16, BF16 -> throw wrongType("integer or BOOL", "toDoubleArray");
        }
        return values;
    }

    private interface FloatAt {
        float get(long index);
    }

    private static void fill(float[] values, FloatAt element) {
        for (int i = 0; i < values.length; i++) {
            values[i] = element.get(i);
        }
    }

    private int arrayLength() {
        long count = shape.elements();
        if (count > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("TensorData: found " + count + " elements; expected at most "
                    + (Integer.MAX_VALUE - 8) + " for a Java array; read them through segment()");
        }
        return (int) count;
    }

    private IllegalStateException wrongType(String expected, String remedy) {
        return new IllegalStateException(
                "TensorData: found dtype " + dtype + "; expected a " + expected + " one; use " + remedy + "()");
    }

    /** Equal if dtype, shape and every byte are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof TensorData that
                && dtype == that.dtype
                && shape.equals(that.shape)
                && MappedMemory.read(
                                segment, () -> MappedMemory.read(that.segment, () -> segment.mismatch(that.segment)))
                        == -1;
    }

    @Override
    public int hashCode() {
        return Objects.hash(dtype, shape);
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
