package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;
import static dev.lanewise.cpu.quant.Lanes.VECTOR;
import static dev.lanewise.cpu.quant.Lanes.broadcast;
import static dev.lanewise.cpu.quant.Lanes.floats;
import static dev.lanewise.cpu.quant.Lanes.half;
import static dev.lanewise.cpu.quant.Lanes.integer;
import static dev.lanewise.cpu.quant.Lanes.load;
import static dev.lanewise.cpu.quant.Lanes.store;
import static dev.lanewise.cpu.quant.Lanes.unsigned;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Q5_0: 5 bits, from -16, the fifth of all 32 in one word, and a scale. */
final class DotsQ5s0 implements BlockDots {
    @Override
    public int rows() {
        // the conversions of four are more than C2 inlines
        return 2;
    }

    @Override
    public float sumFactor() {
        return -16;
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
            int bits0 = integer(w + 2);
            int bits1 = integer(w1 + 2);
            FloatVector low = load(x);
            FloatVector high = load(x + 64);
            FloatVector offset = load(sums);
            acc0 = product(unsigned(w + 6), bits0, low, high, offset).fma(broadcast(s0), acc0);
            acc1 = product(unsigned(w1 + 6), bits1, low, high, offset).fma(broadcast(s1), acc1);
            w += 22;
            x += 128;
            sums += VECTOR;
        }
        store(acc0, lanes);
        store(acc1, lanes + VECTOR);
    }

    private static FloatVector product(IntVector pairs, int bits, FloatVector low, FloatVector high, FloatVector sum) {
        // 16 at the lanes whose bit is set
        IntVector sixteen = IntVector.broadcast(Lanes.I32, 16);
        VectorMask<Integer> first = VectorMask.fromLong(Lanes.I32, bits & 0xffff);
        VectorMask<Integer> second = VectorMask.fromLong(Lanes.I32, bits >>> 16);
        IntVector q0 = pairs.and(15).lanewise(VectorOperators.OR, sixteen, first);
        IntVector q1 = pairs.lanewise(VectorOperators.LSHR, 4).lanewise(VectorOperators.OR, sixteen, second);
        return floats(q1).fma(high, floats(q0).fma(low, sum));
    }
}
