package dev.lanewise.tensor.op.matrix;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Blocks of 32 numbers and single ones. */
final class Blocks {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The values of IQ4_NL and IQ4_XS: denser near zero, as weights are. */
    private static final byte[] NON_LINEAR = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    private Blocks() {}

    static int u8(MemorySegment in, long at) {
        return in.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static int s8(MemorySegment in, long at) {
        return in.get(ValueLayout.JAVA_BYTE, at);
    }

    static int u16(MemorySegment in, long at) {
        return in.get(SHORT, at) & 0xffff;
    }

    static float half(MemorySegment in, long at) {
        return Float.float16ToFloat(in.get(SHORT, at));
    }

    static float nonLinear(int code) {
        return NON_LINEAR[code];
    }

    static void f32(MemorySegment in, long at, float[] out, int to) {
        out[to] = Float.intBitsToFloat(in.get(INT, at));
    }

    static void f16(MemorySegment in, long at, float[] out, int to) {
        out[to] = half(in, at);
    }

    static void bf16(MemorySegment in, long at, float[] out, int to) {
        out[to] = Float.intBitsToFloat(u16(in, at) << 16);
    }

    static void i8(MemorySegment in, long at, float[] out, int to) {
        out[to] = s8(in, at);
    }

    static void q4s0(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        for (int i = 0; i < 16; i++) {
            int pair = u8(in, at + 2 + i);
            out[to + i] = scale * ((pair & 15) - 8);
            out[to + 16 + i] = scale * ((pair >> 4) - 8);
        }
    }

    static void q4s1(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        float least = half(in, at + 2);
        for (int i = 0; i < 16; i++) {
            int pair = u8(in, at + 4 + i);
            out[to + i] = scale * (pair & 15) + least;
            out[to + 16 + i] = scale * (pair >> 4) + least;
        }
    }

    static void q5s0(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        int high = in.get(INT, at + 2);
        for (int i = 0; i < 16; i++) {
            int pair = u8(in, at + 6 + i);
            out[to + i] = scale * ((pair & 15 | (high >>> i & 1) << 4) - 16);
            out[to + 16 + i] = scale * ((pair >> 4 | (high >>> i + 16 & 1) << 4) - 16);
        }
    }

    static void q5s1(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        float least = half(in, at + 2);
        int high = in.get(INT, at + 4);
        for (int i = 0; i < 16; i++) {
            int pair = u8(in, at + 8 + i);
            out[to + i] = scale * (pair & 15 | (high >>> i & 1) << 4) + least;
            out[to + 16 + i] = scale * (pair >> 4 | (high >>> i + 16 & 1) << 4) + least;
        }
    }

    static void q8s0(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        for (int i = 0; i < 32; i++) {
            out[to + i] = s8(in, at + 2 + i) * scale;
        }
    }

    static void iq4nl(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        for (int i = 0; i < 16; i++) {
            int pair = u8(in, at + 2 + i);
            out[to + i] = scale * nonLinear(pair & 15);
            out[to + 16 + i] = scale * nonLinear(pair >> 4);
        }
    }
}
