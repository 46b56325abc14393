package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;
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
        // the conversions of four are more than C2 inlines
        return 2;
    }

    @Override
    public float sumFactor() {
        return -8;
    }

    @Override
    public void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes) {
        FloatVector acc0 = load(ZEROS);
        FloatVector acc1 = load(ZEROS);
        for (int g = 0; g < groups; g++) {
            w &= MASK;
            x &= MASK;
            sums &= MASK;
            long w1 = w + row1;
            // numbers are read before all arithmetic: C2's budget
            float s0 = half(w);
            float s1 = half(w1);
            FloatVector low = load(x);
            FloatVector high = load(x + 64);
            FloatVector offset = load(sums);
            IntVector pairs0 = unsigned(w + 2);
            IntVector pairs1 = unsigned(w1 + 2);
            acc0 = high(pairs0).fma(high, low(pairs0).fma(low, offset)).fma(broadcast(s0), acc0);
            acc1 = high(pairs1).fma(high, low(pairs1).fma(low, offset)).fma(broadcast(s1), acc1);
            w += 18;
            x += 128;
            sums += VECTOR;
        }
        store(acc0, lanes);
        store(acc1, lanes + VECTOR);
    }

    private static FloatVector low(IntVector pairs) {
        return floats(pairs.and(15));
    }

    private static FloatVector high(IntVector pairs) {
        return floats(pairs.lanewise(VectorOperators.LSHR, 4));
    }
}
