package dev.lanewise.tensor.op.matrix;

import static dev.lanewise.tensor.op.matrix.Blocks.half;
import static dev.lanewise.tensor.op.matrix.Blocks.u8;

import java.lang.foreign.MemorySegment;

/** Blocks of 256 numbers that are -1, 0 or 1 times a scale. */
final class TernaryBlocks {
    private static final int[] POWERS = {1, 3, 9, 27, 81};

    private TernaryBlocks() {}

    /** Digits to the base 3 as fractions of a byte: 32 bytes of five, 16 of five, 4 of four. */
    static void tq1(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at + 52);
        for (int i = 0; i < 256; i++) {
            int digit = (u8(in, at + place(i)) * POWERS[power(i)] & 0xff) * 3 >> 8;
            out[to + i] = scale * (digit - 1);
        }
    }

    private static int place(int i) {
        return i < 160 ? i % 32 : i < 240 ? 32 + (i - 160) % 16 : 48 + (i - 240) % 4;
    }

    private static int power(int i) {
        return i < 160 ? i / 32 : i < 240 ? (i - 160) / 16 : (i - 240) / 4;
    }

    static void tq2(MemorySegment in, long at, float[] out, int to) {
        float scale = half(in, at + 64);
        for (int i = 0; i < 256; i++) {
            int place = i / 128 * 32 + i % 32;
            int digit = u8(in, at + place) >> i % 128 / 32 * 2 & 3;
            out[to + i] = scale * (digit - 1);
        }
    }
}
