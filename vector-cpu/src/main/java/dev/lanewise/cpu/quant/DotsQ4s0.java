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

/** Q4_0: 4 bits, from -8, and a scale. */
final class DotsQ4s0 implements BlockDots {
    @Override
    public int rows() {
        return 4;
    }

    @Override
    public float sumFactor() {
        return -8;
    }

    @Override
    public void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes) {
        FloatVector acc0 = load(ZEROS);
        FloatVector acc1 = load(ZEROS);
        FloatVector acc2 = load(ZEROS);
        FloatVector acc3 = load(ZEROS);
        for (int g = 0; g < groups; g++) {
            w &= MASK;
            x &= MASK;
            sums &= MASK;
            long w1 = w + row1;
            long w2 = w + row2;
            long w3 = w + row3;
            FloatVector t0 = load(sums);
            FloatVector t1 = load(sums);
            FloatVector t2 = load(sums);
            FloatVector t3 = load(sums);
            for (int c = 0; c < 16; c += COUNT) {
                FloatVector low = load(x + c * 4);
                FloatVector high = load(x + 64 + c * 4);
                t0 = step(w + 2 + c, low, high, t0);
                t1 = step(w1 + 2 + c, low, high, t1);
                t2 = step(w2 + 2 + c, low, high, t2);
                t3 = step(w3 + 2 + c, low, high, t3);
            }
            acc0 = t0.fma(broadcast(half(w)), acc0);
            acc1 = t1.fma(broadcast(half(w1)), acc1);
            acc2 = t2.fma(broadcast(half(w2)), acc2);
            acc3 = t3.fma(broadcast(half(w3)), acc3);
            w += 18;
            x += 128;
            sums += VECTOR;
        }
        store(acc0, lanes);
        store(acc1, lanes + VECTOR);
        store(acc2, lanes + 2 * VECTOR);
        store(acc3, lanes + 3 * VECTOR);
    }

    private static FloatVector step(long w, FloatVector low, FloatVector high, FloatVector sum) {
        IntVector pairs = unsigned(w);
        FloatVector first = floats(pairs.and(15)).fma(low, sum);
        return floats(pairs.lanewise(VectorOperators.LSHR, 4)).fma(high, first);
    }
}
