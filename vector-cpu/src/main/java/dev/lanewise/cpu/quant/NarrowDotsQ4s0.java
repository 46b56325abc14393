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

/** {@link DotsQ4s0} for vectors of 256 bits, four of which make a group. */
final class NarrowDotsQ4s0 implements BlockDots {
    @Override
    public int rows() {
        // the conversions of two are more than C2 inlines
        return 1;
    }

    @Override
    public float sumFactor() {
        return -8;
    }

    @Override
    public void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes) {
        FloatVector acc = load(ZEROS);
        for (int g = 0; g < groups; g++) {
            w &= MASK;
            x &= MASK;
            sums &= MASK;
            float scale = half(w);
            FloatVector part = load(sums);
            // a loop of two, as the conversions of both are more than C2 inlines
            for (int c = 0; c < 16; c += COUNT) {
                IntVector pairs = unsigned(w + 2 + c);
                FloatVector low = floats(pairs.and(15));
                FloatVector high = floats(pairs.lanewise(VectorOperators.LSHR, 4));
                part = high.fma(load(x + 64 + c * 4L), low.fma(load(x + c * 4L), part));
            }
            acc = part.fma(broadcast(scale), acc);
            w += 18;
            x += 128;
            sums += VECTOR;
        }
        store(acc, lanes);
    }
}
