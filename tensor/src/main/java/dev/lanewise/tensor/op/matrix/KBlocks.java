package dev.lanewise.tensor.op.matrix;

import static dev.lanewise.tensor.op.matrix.Blocks.half;
import static dev.lanewise.tensor.op.matrix.Blocks.s8;
import static dev.lanewise.tensor.op.matrix.Blocks.u16;
import static dev.lanewise.tensor.op.matrix.Blocks.u8;

import java.lang.foreign.MemorySegment;

/** Blocks of 256 numbers in groups, whose scales are low-bit numbers too. */
final class KBlocks {
    private KBlocks() {}

    /** Scales and smallest values of 16 groups, then 64 bytes of four numbers, then the scales of both. */
    static void q2(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at + 80);
        float least = half(in, at + 82);
        for (int i = 0; i < 256; i++) {
            int pair = u8(in, at + i / 16);
            int place = i / 128 * 32 + i % 32;
            int number = u8(in, at + 16 + place) >> i % 128 / 32 * 2 & 3;
            out[to + i] = scale * (pair & 15) * number - least * (pair >> 4);
        }
    }

    /** 32 bytes of upper bits, inverted; 64 of lower ones; scales of 6 bits in 12 bytes; their scale. */
    static void q3(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at + 108);
        for (int i = 0; i < 256; i++) {
            int place = i / 128 * 32 + i % 32;
            int low = u8(in, at + 32 + place) >> i % 128 / 32 * 2 & 3;
            int high = u8(in, at + i % 32) >> i / 32 & 1 ^ 1;
            out[to + i] = scale * q3Scale(in, at + 96, i / 16) * (low - (high << 2));
        }
    }

    private static int q3Scale(MemorySegment in, long at, int group) {
        int low = u8(in, at + group % 8) >> group / 8 * 4 & 15;
        int high = u8(in, at + 8 + group % 4) >> group / 4 * 2 & 3;
        return (low | high << 4) - 32;
    }

    static void q4(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        float least = half(in, at + 2);
        for (int group = 0; group < 8; group++) {
            float s = scale * groupScale(in, at + 4, group);
            float m = least * groupLeast(in, at + 4, group);
            for (int i = 0; i < 32; i++) {
                int place = group / 2 * 32 + i;
                int number = u8(in, at + 16 + place) >> group % 2 * 4 & 15;
                out[to + group * 32 + i] = s * number - m;
            }
        }
    }

    static void q5(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        float least = half(in, at + 2);
        for (int group = 0; group < 8; group++) {
            float s = scale * groupScale(in, at + 4, group);
            float m = least * groupLeast(in, at + 4, group);
            for (int i = 0; i < 32; i++) {
                int place = group / 2 * 32 + i;
                int low = u8(in, at + 48 + place) >> group % 2 * 4 & 15;
                int high = u8(in, at + 16 + i) >> group & 1;
                out[to + group * 32 + i] = s * (low | high << 4) - m;
            }
        }
    }

    /** Of eight 6-bit scales, four are stored in one byte each, whose upper bits belong to the other four. */
    private static int groupScale(MemorySegment in, long at, int group) {
        return group < 4 ? u8(in, at + group) & 63 : u8(in, at + 8 + group - 4) & 15 | u8(in, at + group - 4) >> 2 & 48;
    }

    private static int groupLeast(MemorySegment in, long at, int group) {
        return group < 4 ? u8(in, at + 4 + group) & 63 : u8(in, at + 8 + group - 4) >> 4 | u8(in, at + group) >> 2 & 48;
    }

    static void q6(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at + 208);
        for (int i = 0; i < 256; i++) {
            int half = i / 128;
            int lowPlace = half * 64 + i % 64;
            int highPlace = half * 32 + i % 32;
            int low = u8(in, at + lowPlace) >> i % 128 / 64 * 4 & 15;
            int high = u8(in, at + 128 + highPlace) >> i % 128 / 32 * 2 & 3;
            out[to + i] = scale * s8(in, at + 192 + i / 16) * ((low | high << 4) - 32);
        }
    }

    static void iq4xs(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at);
        int highs = u16(in, at + 2);
        for (int group = 0; group < 8; group++) {
            int low = u8(in, at + 4 + group / 2) >> group % 2 * 4 & 15;
            float s = scale * ((low | (highs >> 2 * group & 3) << 4) - 32);
            for (int i = 0; i < 16; i++) {
                int place = group * 16 + i;
                int pair = u8(in, at + 8 + place);
                out[to + group * 32 + i] = s * Blocks.nonLinear(pair & 15);
                out[to + group * 32 + 16 + i] = s * Blocks.nonLinear(pair >> 4);
            }
        }
    }
}
