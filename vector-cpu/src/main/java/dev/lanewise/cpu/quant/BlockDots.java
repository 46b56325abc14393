package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.quant.Lanes.COUNT;
import static dev.lanewise.cpu.quant.Lanes.VECTOR;
import static dev.lanewise.cpu.quant.Lanes.load;
import static dev.lanewise.cpu.quant.Lanes.store;

import dev.lanewise.tensor.op.matrix.BlockFormat;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * Dot products of one vector with rows of blocks, which are widened in registers and never in memory: what generating a token
 * is made of, and bound by how fast the weights can be read.
 *
 * <p>Numbers have an offset, or a smallest value: {@code s (q - o)}. The sums {@code sum over q x} and {@code sum over x} are taken
 * apart, and the second, the same for all rows, is computed once for each group of 32: as a vector of {@code COUNT} partial sums.
 */
interface BlockDots {
    /** Elements of a group that has its own scale. */
    int GROUP = 32;

    /** How many rows are computed together. */
    int rows();

    /** The factor of the sums over x. */
    default float sumFactor() {
        return 0;
    }

    /**
     * Sums of some rows of blocks, as vectors of partial sums at {@code lanes}. Rows are {@code row1}, ... bytes after the first.
     *
     * @param groups of 32 elements in a row
     * @param x the vector
     * @param sums for each group the partial sums of x
     */
    void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes);

    /** The kernel of a format; null where rows are widened to memory first, which vectors below 256 bits always are. */
    static @Nullable BlockDots of(BlockFormat format) {
        boolean wide = COUNT == 16;
        return !wide && COUNT != 8
                ? null
                : switch (format) {
                    case Q8_0 -> wide ? new DotsQ8s0() : new NarrowDotsQ8s0();
                    case Q4_0 -> wide ? new DotsQ4s0() : new NarrowDotsQ4s0();
                    case Q5_0 -> wide ? new DotsQ5s0() : null;
                    case F32, F16, BF16, I8, Q4_1, Q5_1, Q4_K, Q5_K, Q6_K, Q2_K, Q3_K, IQ4_NL, IQ4_XS, TQ1_0, TQ2_0 ->
                        null;
                };
    }

    /** Partial sums of each group of x. */
    default void sums(int groups, long x, long sums) {
        float factor = sumFactor();
        for (int g = 0; g < groups; g++) {
            x &= MASK;
            sums &= MASK;
            FloatVector sum = load(x).add(load(x + VECTOR));
            if (COUNT == 8) {
                sum = sum.add(load(x + 2 * VECTOR).add(load(x + 3 * VECTOR)));
            }
            store(sum.mul(factor), sums);
            x += GROUP * 4;
            sums += VECTOR;
        }
    }

    /** {@code out[i] = x . row i} for any number of rows. */
    default void dots(int count, int groups, long weight, long rowBytes, long x, long sums, long lanes, long out) {
        int step = rows();
        for (int row = 0; row < count; row += step) {
            int last = Math.min(step, count - row) - 1;
            long w = weight + row * rowBytes;
            rows(
                    groups,
                    w & MASK,
                    Math.min(1, last) * rowBytes & MASK,
                    Math.min(2, last) * rowBytes & MASK,
                    Math.min(3, last) * rowBytes & MASK,
                    x & MASK,
                    sums & MASK,
                    lanes & MASK);
            for (int i = 0; i <= last; i++) {
                ALL.set(ValueLayout.JAVA_FLOAT, (out + (row + i) * 4L) & MASK, sum(lanes + i * VECTOR));
            }
        }
    }

    /** The sum of a vector's lanes in memory, in one order whether compiled or not. */
    private static float sum(long vector) {
        float even = 0;
        float odd = 0;
        for (int lane = 0; lane < COUNT; lane += 2) {
            even += ALL.get(ValueLayout.JAVA_FLOAT, (vector + lane * 4L) & MASK);
            odd += ALL.get(ValueLayout.JAVA_FLOAT, (vector + lane * 4L + 4) & MASK);
        }
        return even + odd;
    }
}
