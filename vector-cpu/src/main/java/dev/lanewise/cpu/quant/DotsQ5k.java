package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;
import static dev.lanewise.cpu.quant.Lanes.COUNT;
import static dev.lanewise.cpu.quant.Lanes.VECTOR;
import static dev.lanewise.cpu.quant.Lanes.broadcast;
import static dev.lanewise.cpu.quant.Lanes.floats;
import static dev.lanewise.cpu.quant.Lanes.half;
import static dev.lanewise.cpu.quant.Lanes.load;
import static dev.lanewise.cpu.quant.Lanes.store;
import static dev.lanewise.cpu.quant.Lanes.unsigned;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q5_K: 5 bits, scales and smallest values of 32. */
final class DotsQ5k implements BlockDots {
    @Override
    public int rows() {
        return 2;
    }

    @Override
    public void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes) {
        FloatVector acc0 = load(ZEROS);
        FloatVector acc1 = load(ZEROS);
        FloatVector least0 = load(ZEROS);
        FloatVector least1 = load(ZEROS);
        for (int g = 0; g < groups; g += 8) {
            w &= MASK;
            x &= MASK;
            sums &= MASK;
            long w1 = w + row1;
            float scale0 = half(w);
            float scale1 = half(w1);
            float min0 = -half(w + 2);
            float min1 = -half(w1 + 2);
            for (int pair = 0; pair < 4; pair++) {
                FloatVector a0 = load(ZEROS);
                FloatVector b0 = load(ZEROS);
                FloatVector a1 = load(ZEROS);
                FloatVector b1 = load(ZEROS);
                for (int c = 0; c < 32; c += COUNT) {
                    long at = pair * 32 + c;
                    FloatVector low = load(x + pair * 256 + c * 4);
                    FloatVector high = load(x + pair * 256 + 128 + c * 4);
                    IntVector q0 = unsigned(w + 48 + at);
                    IntVector q1 = unsigned(w1 + 48 + at);
                    IntVector h0 = fifth(w, pair, c);
                    IntVector h1 = fifth(w1, pair, c);
                    a0 = floats(low(q0, h0)).fma(low, a0);
                    b0 = floats(high(q0, h0)).fma(high, b0);
                    a1 = floats(low(q1, h1)).fma(low, a1);
                    b1 = floats(high(q1, h1)).fma(high, b1);
                }
                FloatVector sum0 = load(sums + 2 * pair * VECTOR);
                FloatVector sum1 = load(sums + (2 * pair + 1) * VECTOR);
                acc0 = a0.fma(broadcast(scale0 * KScales.scale(w + 4, 2 * pair)), acc0);
                acc1 = a1.fma(broadcast(scale1 * KScales.scale(w1 + 4, 2 * pair)), acc1);
                least0 = sum0.fma(broadcast(min0 * KScales.least(w + 4, 2 * pair)), least0);
                least1 = sum0.fma(broadcast(min1 * KScales.least(w1 + 4, 2 * pair)), least1);
                acc0 = b0.fma(broadcast(scale0 * KScales.scale(w + 4, 2 * pair + 1)), acc0);
                acc1 = b1.fma(broadcast(scale1 * KScales.scale(w1 + 4, 2 * pair + 1)), acc1);
                least0 = sum1.fma(broadcast(min0 * KScales.least(w + 4, 2 * pair + 1)), least0);
                least1 = sum1.fma(broadcast(min1 * KScales.least(w1 + 4, 2 * pair + 1)), least1);
            }
            w += 176;
            x += 1024;
            sums += 8 * VECTOR;
        }
        store(acc0.add(least0), lanes);
        store(acc1.add(least1), lanes + VECTOR);
    }

    private static IntVector low(IntVector pairs) {
        return pairs.and(15);
    }

    private static IntVector high(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHR, 4);
    }

    private static IntVector fifth(long w, int pair, int c) {
        return unsigned(w + 16 + c).lanewise(VectorOperators.LSHR, 2 * pair);
    }

    private static IntVector low(IntVector pairs, IntVector bits) {
        return low(pairs).or(bits.and(1).lanewise(VectorOperators.LSHL, 4));
    }

    private static IntVector high(IntVector pairs, IntVector bits) {
        return high(pairs).or(bits.and(2).lanewise(VectorOperators.LSHL, 3));
    }
}
