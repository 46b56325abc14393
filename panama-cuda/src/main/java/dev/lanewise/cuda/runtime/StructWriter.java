package dev.lanewise.cuda.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Writes the structs of the kernels' prelude: numbers, {@code Dims} and {@code Strides}, in 8-byte fields. */
public final class StructWriter {
    /** The maximum number of dimensions that a kernel takes. */
    public static final int MAX_RANK = 8;

    private final MemorySegment struct;
    private long at;

    /** A struct of {@code bytes} in memory that lives as long as {@code arena}. */
    public StructWriter(Arena arena, long bytes) {
        struct = arena.allocate(bytes, Long.BYTES);
    }

    /** Adds an {@code i64}. */
    public StructWriter i64(long value) {
        struct.set(ValueLayout.JAVA_LONG, at, value);
        at += Long.BYTES;
        return this;
    }

    /** Adds an {@code int} followed by padding. */
    public StructWriter paddedInt(int value) {
        return i64(Integer.toUnsignedLong(value));
    }

    /** Adds a {@code Divisor}: a size, and how to divide numbers below 2^31 by it. */
    public StructWriter divisor(long size) {
        i64(size);
        struct.set(ValueLayout.JAVA_INT, at, divisionFactor(size));
        struct.set(ValueLayout.JAVA_INT, at + Integer.BYTES, divisionShift(size));
        at += 2 * Integer.BYTES;
        return this;
    }

    /**
     * The factor that divides numbers below 2^31 by a size below 2^31: {@code (high 32 bits of n * factor + n) >> shift}
     * (Granlund and Montgomery 1994, "Division by invariant integers").
     */
    public static int divisionFactor(long size) {
        return size == 0 ? 0 : (int) ((((1L << divisionShift(size)) - size) << 32) / size + 1);
    }

    /** The shift that belongs to {@link #divisionFactor}. */
    public static int divisionShift(long size) {
        return size <= 1 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    }

    /** Adds {@code Dims}: the rank and {@value #MAX_RANK} sizes. */
    public StructWriter dims(long... sizes) {
        return paddedInt(sizes.length).strides(sizes);
    }

    /** Adds {@code Strides}: {@value #MAX_RANK} numbers, those missing 0. */
    public StructWriter strides(long... values) {
        for (int d = 0; d < MAX_RANK; d++) {
            i64(d < values.length ? values[d] : 0);
        }
        return this;
    }

    /** What was written. */
    public MemorySegment struct() {
        assert at == struct.byteSize() : at + " of " + struct.byteSize() + " bytes written";
        return struct;
    }
}
