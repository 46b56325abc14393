package dev.lanewise.lm.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Packing of blocks of 256 numbers that are -1, 0 or 1 times a scale. */
final class TernaryBlocks {
    private static final int[] POWERS = {1, 3, 9, 27, 81};

    private TernaryBlocks() {}

    private static int place(int i) {
        return i < 160 ? i % 32 : i < 240 ? 32 + (i - 160) % 16 : 48 + (i - 240) % 4;
    }

    private static int power(int i) {
        return i < 160 ? i / 32 : i < 240 ? (i - 160) / 16 : (i - 240) / 4;
    }

    static void packTq1(int[] digits, MemorySegment out, long at) {
        int[] sums = new int[52];
        for (int i = 0; i < 256; i++) {
            int most = i < 240 ? 4 : 3;
            sums[place(i)] += digits[i] * POWERS[most - power(i)] * (i < 240 ? 1 : 3);
        }
        for (int i = 0; i < sums.length; i++) {
            // rounded up, so that the digits come out again
            out.set(ValueLayout.JAVA_BYTE, at + i, (byte) ((sums[i] * 256 + 242) / 243));
        }
    }

    static void packTq2(int[] digits, MemorySegment out, long at) {
        int[] bytes = new int[64];
        for (int i = 0; i < 256; i++) {
            bytes[i / 128 * 32 + i % 32] |= digits[i] << i % 128 / 32 * 2;
        }
        for (int i = 0; i < bytes.length; i++) {
            out.set(ValueLayout.JAVA_BYTE, at + i, (byte) bytes[i]);
        }
    }
}
