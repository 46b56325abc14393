package dev.lanewise.lm.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Rounds numbers to blocks, in the same order of operations as the gguf package. */
final class Packing {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Packing() {}

    static void pack(BlockType type, float[] values, int from, MemorySegment out, long at) {
        switch (type) {
            case F32 -> out.set(INT, at, Float.floatToRawIntBits(values[from]));
            case F16 -> half(out, at, values[from]);
            case BF16 -> out.set(SHORT, at, bf16(values[from]));
            case Q4_0 -> centred(values, from, out, at, 4);
            case Q5_0 -> centred(values, from, out, at, 5);
            case Q4_1 -> shifted(values, from, out, at, 4);
            case Q5_1 -> shifted(values, from, out, at, 5);
            case Q8_0 -> q8(values, from, out, at);
            case TQ1_0 -> {
                TernaryBlocks.packTq1(digits(values, from), out, at);
                half(out, at + 52, largest(values, from, 256));
            }
            case TQ2_0 -> {
                TernaryBlocks.packTq2(digits(values, from), out, at);
                half(out, at + 64, largest(values, from, 256));
            }
            case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
                throw new UnsupportedOperationException(type + " is only read");
        }
    }

    private static void half(MemorySegment out, long at, float value) {
        out.set(SHORT, at, Float.floatToFloat16(value));
    }

    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >> 16 | 64);
        }
        // to nearest, ties to even
        return (short) (bits + 0x7fff + (bits >> 16 & 1) >> 16);
    }

    private static float largest(float[] values, int from, int count) {
        float most = 0;
        for (int i = 0; i < count; i++) {
            most = Math.max(most, Math.abs(values[from + i]));
        }
        return most;
    }

    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    /**
     * The number of the largest magnitude becomes the smallest representable one; the products are in double precision.
     */
    private static void centred(float[] values, int from, MemorySegment out, long at, int bits) {
        float extreme = 0;
        for (int i = 0; i < 32; i++) {
            if (Math.abs(values[from + i]) > Math.abs(extreme)) {
                extreme = values[from + i];
            }
        }
        int middle = 1 << bits - 1;
        float scale = extreme / -middle;
        double inverse = inverse(scale);
        int[] numbers = new int[32];
        for (int i = 0; i < 32; i++) {
            numbers[i] = clamped((int) (float) (values[from + i] * inverse + middle + 0.5), 2 * middle - 1);
        }
        half(out, at, scale);
        nibbles(numbers, out, at + 2, bits);
    }

    private static void shifted(float[] values, int from, MemorySegment out, long at, int bits) {
        float least = values[from];
        float most = values[from];
        for (int i = 1; i < 32; i++) {
            least = Math.min(least, values[from + i]);
            most = Math.max(most, values[from + i]);
        }
        int steps = (1 << bits) - 1;
        float scale = (most - least) / steps;
        float inverse = inverse(scale);
        int[] numbers = new int[32];
        for (int i = 0; i < 32; i++) {
            numbers[i] = clamped((int) ((values[from + i] - least) * inverse + 0.5f), steps);
        }
        half(out, at, scale);
        half(out, at + 2, least);
        nibbles(numbers, out, at + 4, bits);
    }

    private static int clamped(int number, int most) {
        return Math.max(0, Math.min(most, number));
    }

    /** The fifth bits of all numbers first, if there are five; then lower bits, those 16 apart in one byte. */
    private static void nibbles(int[] numbers, MemorySegment out, long at, int bits) {
        long to = at;
        if (bits == 5) {
            int high = 0;
            for (int i = 0; i < 32; i++) {
                high |= (numbers[i] >> 4 & 1) << i;
            }
            out.set(INT, at, high);
            to += 4;
        }
        for (int i = 0; i < 16; i++) {
            out.set(ValueLayout.JAVA_BYTE, to + i, (byte) (numbers[i] & 15 | (numbers[16 + i] & 15) << 4));
        }
    }

    private static void q8(float[] values, int from, MemorySegment out, long at) {
        float scale = largest(values, from, 32) / 127;
        float inverse = inverse(scale);
        half(out, at, scale);
        for (int i = 0; i < 32; i++) {
            out.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) awayFromZero(values[from + i] * inverse));
        }
    }

    /** Rounds to nearest, ties away from zero, as C's roundf does. */
    private static int awayFromZero(float value) {
        float magnitude = Math.abs(value);
        float floor = (float) Math.floor(magnitude);
        float rounded = floor + (float) Math.floor(2 * (magnitude - floor));
        return (int) (value < 0 ? -rounded : rounded);
    }

    private static int[] digits(float[] values, int from) {
        float inverse = inverse(largest(values, from, 256));
        int[] digits = new int[256];
        for (int i = 0; i < 256; i++) {
            digits[i] = awayFromZero(values[from + i] * inverse) + 1;
        }
        return digits;
    }
}
