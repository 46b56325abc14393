package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Java arrays of any rank as dense memory. */
public final class JavaArrays {
    private JavaArrays() {}

    /**
     * A dense copy of a nested array.
     *
     * @param spec type and shape
     * @param data the elements in row-major order, on the heap
     */
    public record Dense(TensorSpec spec, MemorySegment data) {}

    /**
     * Flattens a rectangular array of {@code float}, {@code double}, {@code byte}, {@code int}, {@code long} or
     * {@code boolean}, of any rank.
     *
     * @throws TensorException for anything else, or rows of different lengths
     */
    public static Dense flatten(Object array) {
        List<Long> sizes = new ArrayList<>();
        Class<?> type = array.getClass();
        if (!type.isArray()) {
            throw unreadable(type);
        }
        for (Object level = array; type.isArray(); type = type.getComponentType()) {
            int length = level == null ? 0 : Array.getLength(level);
            sizes.add((long) length);
            level = length == 0 || type.getComponentType().isPrimitive() ? null : Array.get(level, 0);
        }
        Shape shape = Shape.of(sizes);
        Object flat = Array.newInstance(type, Math.toIntExact(shape.elements()));
        fill(array, shape, 0, flat, 0);
        return dense(flat, shape);
    }

    /** A one-dimensional array under a shape. */
    public static Dense dense(Object flat, Shape shape) {
        Objects.requireNonNull(flat, "values");
        if (Array.getLength(flat) != shape.elements()) {
            throw new TensorException("of: " + Array.getLength(flat) + " elements for shape " + shape + " (expected "
                    + shape.elements() + "); check array or shape");
        }
        return switch (flat) {
            case float[] a -> new Dense(new TensorSpec(DType.F32, shape), MemorySegment.ofArray(a));
            case double[] a -> new Dense(new TensorSpec(DType.F64, shape), MemorySegment.ofArray(a));
            case byte[] a -> new Dense(new TensorSpec(DType.I8, shape), MemorySegment.ofArray(a));
            case int[] a -> new Dense(new TensorSpec(DType.I32, shape), MemorySegment.ofArray(a));
            case long[] a -> new Dense(new TensorSpec(DType.I64, shape), MemorySegment.ofArray(a));
            case boolean[] a -> new Dense(new TensorSpec(DType.BOOL, shape), MemorySegment.ofArray(bytes(a)));
            default -> throw unreadable(flat.getClass());
        };
    }

    private static TensorException unreadable(Class<?> type) {
        return new TensorException("of: can't read " + type.getSimpleName()
                + " (expected an array of float, double, byte, int, long or boolean); convert it first");
    }

    /** The memory with every truth value as 0 or 1, which kernels rely on; copied only if one is neither. */
    public static MemorySegment truth(Dense dense) {
        MemorySegment data = dense.data();
        if (dense.spec().dtype() != DType.BOOL) {
            return data;
        }
        for (long i = 0; i < data.byteSize(); i++) {
            if ((data.get(ValueLayout.JAVA_BYTE, i) & ~1) != 0) {
                return normalized(data);
            }
        }
        return data;
    }

    private static MemorySegment normalized(MemorySegment data) {
        MemorySegment copy = Arena.ofAuto().allocate(data.byteSize());
        for (long i = 0; i < data.byteSize(); i++) {
            copy.set(ValueLayout.JAVA_BYTE, i, (byte) (data.get(ValueLayout.JAVA_BYTE, i) != 0 ? 1 : 0));
        }
        return copy;
    }

    private static int fill(Object array, Shape shape, int dim, Object flat, int position) {
        int length = array == null || !array.getClass().isArray() ? -1 : Array.getLength(array);
        if (length != shape.size(dim)) {
            throw new TensorException("of: rows of different lengths: " + (array == null ? "null" : length) + " and "
                    + shape.size(dim) + " in dimension " + dim + "; give a rectangular array");
        }
        if (dim == shape.rank() - 1) {
            System.arraycopy(array, 0, flat, position, length);
            return position + length;
        }
        int next = position;
        for (int i = 0; i < length; i++) {
            next = fill(Array.get(array, i), shape, dim + 1, flat, next);
        }
        return next;
    }

    private static byte[] bytes(boolean[] values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return bytes;
    }
}
