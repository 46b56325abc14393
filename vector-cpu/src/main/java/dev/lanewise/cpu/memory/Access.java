package dev.lanewise.cpu.memory;

import dev.lanewise.cpu.Species;
import dev.lanewise.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Reads and writes elements and vectors at {@linkplain NativeMemory#address checked} raw addresses. */
public final class Access {
    private static final MemorySegment ALL = NativeMemory.ALL;
    private static final long MASK = NativeMemory.MASK;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private Access() {}

    /** Reads one byte. */
    public static byte i8(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address & MASK);
    }

    /** Writes one byte. */
    public static void i8(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address & MASK, value);
    }

    /** Reads 16 bits. */
    public static short i16(long address) {
        return ALL.get(SHORT, address & MASK);
    }

    /** Writes 16 bits. */
    public static void i16(long address, short value) {
        ALL.set(SHORT, address & MASK, value);
    }

    /** Reads 32 bits. */
    public static int i32(long address) {
        return ALL.get(INT, address & MASK);
    }

    /** Writes 32 bits. */
    public static void i32(long address, int value) {
        ALL.set(INT, address & MASK, value);
    }

    /** Reads 64 bits. */
    public static long i64(long address) {
        return ALL.get(LONG, address & MASK);
    }

    /** Writes 64 bits. */
    public static void i64(long address, long value) {
        ALL.set(LONG, address & MASK, value);
    }

    /** Reads a single-precision number. */
    public static float f32(long address) {
        return ALL.get(FLOAT, address & MASK);
    }

    /** Writes a single-precision number. */
    public static void f32(long address, float value) {
        ALL.set(FLOAT, address & MASK, value);
    }

    /** Reads a double-precision number. */
    public static double f64(long address) {
        return ALL.get(DOUBLE, address & MASK);
    }

    /** Writes a double-precision number. */
    public static void f64(long address, double value) {
        ALL.set(DOUBLE, address & MASK, value);
    }

    /** Reads an integer or truth value of the given type. */
    public static long integer(DType dtype, long address) {
        return switch (dtype) {
            case I8, BOOL -> i8(address);
            case U8 -> i8(address) & 0xFF;
            case I32 -> i32(address);
            case I64 -> i64(address);
            case F32, F64, F16, BF16 -> throw new IllegalArgumentException("no integer type: " + dtype);
        };
    }

    /** Writes an integer of the given type, which wraps. */
    public static void integer(DType dtype, long address, long value) {
        switch (dtype) {
            case I8, U8, BOOL -> i8(address, (byte) value);
            case I32 -> i32(address, (int) value);
            case I64 -> i64(address, value);
            case F32, F64, F16, BF16 -> throw new IllegalArgumentException("no integer type: " + dtype);
        }
    }

    /** Reads the bits of an element of 1, 2, 4 or 8 bytes. */
    public static long bits(int bytes, long address) {
        return switch (bytes) {
            case 1 -> i8(address);
            case 2 -> i16(address);
            case 4 -> i32(address);
            default -> i64(address);
        };
    }

    /** Writes the bits of an element of 1, 2, 4 or 8 bytes. */
    public static void bits(int bytes, long address, long value) {
        switch (bytes) {
            case 1 -> i8(address, (byte) value);
            case 2 -> i16(address, (short) value);
            case 4 -> i32(address, (int) value);
            default -> i64(address, value);
        }
    }

    /** Reads a vector of 32-bit integers. */
    public static IntVector loadI32(long address) {
        return IntVector.fromMemorySegment(Species.I32, ALL, address & MASK, Species.ORDER);
    }

    /** Reads a single-precision vector. */
    public static FloatVector loadF32(long address) {
        return FloatVector.fromMemorySegment(Species.F32, ALL, address & MASK, Species.ORDER);
    }

    /** Reads the set lanes of a single-precision vector, the others are 0. */
    public static FloatVector loadF32(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(Species.F32, ALL, address & MASK, Species.ORDER, mask);
    }

    /** Writes a single-precision vector. */
    public static void storeF32(FloatVector vector, long address) {
        vector.intoMemorySegment(ALL, address & MASK, Species.ORDER);
    }

    /** Writes the set lanes of a single-precision vector. */
    public static void storeF32(FloatVector vector, long address, VectorMask<Float> mask) {
        vector.intoMemorySegment(ALL, address & MASK, Species.ORDER, mask);
    }

    /** Reads a double-precision vector. */
    public static DoubleVector loadF64(long address) {
        return DoubleVector.fromMemorySegment(Species.F64, ALL, address & MASK, Species.ORDER);
    }

    /**
     * Reads as many single-precision numbers as fill a double-precision vector. Widening a part of a whole vector would go
     * through the heap: the compiler knows no conversions of parts.
     */
    public static DoubleVector loadWidened(long address) {
        return (DoubleVector) FloatVector.fromMemorySegment(Species.F32_HALF, ALL, address & MASK, Species.ORDER)
                .convertShape(VectorOperators.F2D, Species.F64, 0);
    }

    /** Reads the set lanes of a double-precision vector, the others are 0. */
    public static DoubleVector loadF64(long address, VectorMask<Double> mask) {
        return DoubleVector.fromMemorySegment(Species.F64, ALL, address & MASK, Species.ORDER, mask);
    }

    /** Writes a double-precision vector. */
    public static void storeF64(DoubleVector vector, long address) {
        vector.intoMemorySegment(ALL, address & MASK, Species.ORDER);
    }

    /** Writes the set lanes of a double-precision vector. */
    public static void storeF64(DoubleVector vector, long address, VectorMask<Double> mask) {
        vector.intoMemorySegment(ALL, address & MASK, Species.ORDER, mask);
    }
}
