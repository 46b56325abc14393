package dev.lanewise.cuda.host;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.lanewise.cuda.api.DataType;
import java.lang.foreign.MemorySegment;

/** Elements in host memory by address and type. */
final class HostElements {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private HostElements() {}

    static double get(DataType type, long address, long index) {
        long at = address + index * type.bytes();
        return switch (type) {
            case F32 -> ALL.get(JAVA_FLOAT_UNALIGNED, at);
            case F64 -> ALL.get(JAVA_DOUBLE_UNALIGNED, at);
            case F16 -> Float.float16ToFloat(ALL.get(JAVA_SHORT_UNALIGNED, at));
            case BF16 -> Float.intBitsToFloat(ALL.get(JAVA_SHORT_UNALIGNED, at) << 16);
        };
    }

    static void set(DataType type, long address, long index, double value) {
        long at = address + index * type.bytes();
        switch (type) {
            case F32 -> ALL.set(JAVA_FLOAT_UNALIGNED, at, (float) value);
            case F64 -> ALL.set(JAVA_DOUBLE_UNALIGNED, at, value);
            case F16 -> ALL.set(JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) value));
            case BF16 -> ALL.set(JAVA_SHORT_UNALIGNED, at, brain((float) value));
        }
    }

    /** A number as an element of a type of 16 bits keeps it; of wider ones it stays. */
    static double rounded(DataType type, double value) {
        return switch (type) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case BF16 -> Float.intBitsToFloat(brain((float) value) << 16);
            case F32, F64 -> value;
        };
    }

    /** The upper half, rounded to the nearest and on a tie to the even one. */
    private static short brain(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
