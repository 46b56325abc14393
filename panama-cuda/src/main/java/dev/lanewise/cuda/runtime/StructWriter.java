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
