package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;
import static dev.lanewise.cpu.quant.Lanes.VECTOR;
import static dev.lanewise.cpu.quant.Lanes.broadcast;
import static dev.lanewise.cpu.quant.Lanes.half;
import static dev.lanewise.cpu.quant.Lanes.load;
import static dev.lanewise.cpu.quant.Lanes.signed;
import static dev.lanewise.cpu.quant.Lanes.store;

import jdk.incubator.vector.FloatVector;

/** Q8_0: 8 bits and a scale. */
final class DotsQ8s0 implements BlockDots {
    @Override
    public int rows() {
        return 4;
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
            // numbers are read before all arithmetic: C2's budget
            float s0 = half(w);
            float s1 = half(w1);
            float s2 = half(w2);
            float s3 = half(w3);
            FloatVector low = load(x);
            FloatVector high = load(x + 64);
            acc0 = signed(w + 18).fma(high, signed(w + 2).mul(low)).fma(broadcast(s0), acc0);
            acc1 = signed(w1 + 18).fma(high, signed(w1 + 2).mul(low)).fma(broadcast(s1), acc1);
            acc2 = signed(w2 + 18).fma(high, signed(w2 + 2).mul(low)).fma(broadcast(s2), acc2);
            acc3 = signed(w3 + 18).fma(high, signed(w3 + 2).mul(low)).fma(broadcast(s3), acc3);
            w += 34;
            x += 128;
            sums += VECTOR;
        }
        store(acc0, lanes);
        store(acc1, lanes + VECTOR);
        store(acc2, lanes + 2 * VECTOR);
        store(acc3, lanes + 3 * VECTOR);
    }
}
