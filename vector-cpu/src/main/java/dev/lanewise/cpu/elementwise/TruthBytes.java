package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Truth values between bits of a mask and bytes in memory, eight at a time in a general register: this needs no
 * instruction that some machine lacks.
 */
final class TruthBytes {
    /** Elements of one step of a loop that makes truth values: a multiple of eight and of every vector's lanes. */
    static final int STEP = Math.max(8, Species.F32_LANES);

    private static final ValueLayout.OfLong EIGHT_BYTES =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long ONES = 0x0101010101010101L;
    /** Byte i holds bit i. */
    private static final long DIAGONAL = 0x8040201008040201L;
    /** Moves byte i's lowest bit to bit 56 + i; no two meet. */
    private static final long GATHER = 0x0102040810204080L;

    private TruthBytes() {}

    /** Stores the lowest {@link #STEP} bits as bytes. */
    static void store(long bits, long out) {
        for (int i = 0; i < STEP; i += 8) {
            long spread = (bits >>> i & 0xFF) * ONES & DIAGONAL;
            // a byte that holds its bit carries into its own highest bit
            long truth = spread + 0x7F7F7F7F7F7F7F7FL >>> 7 & ONES;
            NativeMemory.ALL.set(EIGHT_BYTES, out + i & NativeMemory.MASK, truth);
        }
    }

    /** {@link #STEP} truth values as the lowest bits. */
    static long loadStep(long at) {
        long bits = 0;
        for (int i = 0; i < STEP; i += 8) {
            bits |= (NativeMemory.ALL.get(EIGHT_BYTES, at + i & NativeMemory.MASK) * GATHER >>> 56) << i;
        }
        return bits;
    }
}
