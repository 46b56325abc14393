package dev.lanewise.cpu.random;

import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.tensor.spi.Philox;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Many blocks of {@link Philox} at a time, one in each 64-bit lane: its products of 32-bit words take 64 bits. */
final class PhiloxBlocks {
    private static final long M0 = 0xD2511F53L;
    private static final long M1 = 0xCD9E8D57L;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;
    private static final long WORD = 0xFFFFFFFFL;
    private static final int LANES = Species.F64_LANES;
    private static final LongVector LANE_NUMBERS = LongVector.zero(Species.I64).addIndex(1);

    /** Bring the lower and upper halves of half a vector of blocks next to each other. */
    private static final VectorShuffle<Long> FIRST_BLOCKS = VectorShuffle.fromOp(Species.I64, i -> i / 2);

    private static final VectorShuffle<Long> LAST_BLOCKS = VectorShuffle.fromOp(Species.I64, i -> (LANES + i) / 2);
    private static final VectorMask<Long> ODD = VectorMask.fromLong(Species.I64, 0xAAAAAAAAAAAAAAAAL);

    private PhiloxBlocks() {}

    /** Writes the words of blocks in their order; the memory holds whole groups of {@link #LANES} blocks. */
    static void write(long seed, long first, int blocks, long memory) {
        for (int i = 0; i < blocks; i += LANES) {
            group(seed, first + i, memory + (long) i * 2 * Long.BYTES);
        }
    }

    /** Words 2i and 2i + 1 of what {@link #write} left, the first one in the lower half. */
    static long words(long memory, int i) {
        return i64(memory + (long) i * Long.BYTES);
    }

    private static void group(long seed, long first, long memory) {
        LongVector block = LANE_NUMBERS.add(first);
        LongVector c0 = block.and(WORD);
        LongVector c1 = block.lanewise(VectorOperators.LSHR, 32);
        LongVector c2 = LongVector.zero(Species.I64);
        LongVector c3 = c2;
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < 10; round++) {
            LongVector p0 = c0.mul(M0);
            LongVector p1 = c2.mul(M1);
            c0 = p1.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c1)
                    .lanewise(VectorOperators.XOR, k0 & WORD);
            c2 = p0.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c3)
                    .lanewise(VectorOperators.XOR, k1 & WORD);
            c1 = p1.and(WORD);
            c3 = p0.and(WORD);
            k0 += W0;
            k1 += W1;
        }
        LongVector low = c0.or(c1.lanewise(VectorOperators.LSHL, 32));
        LongVector high = c2.or(c3.lanewise(VectorOperators.LSHL, 32));
        store(low.rearrange(FIRST_BLOCKS).blend(high.rearrange(FIRST_BLOCKS), ODD), memory);
        store(low.rearrange(LAST_BLOCKS).blend(high.rearrange(LAST_BLOCKS), ODD), memory + Species.VECTOR_BYTES);
    }

    private static void store(LongVector words, long address) {
        words.intoMemorySegment(NativeMemory.ALL, address & NativeMemory.MASK, Species.ORDER);
    }
}
