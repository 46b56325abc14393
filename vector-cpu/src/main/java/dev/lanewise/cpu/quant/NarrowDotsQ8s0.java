package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;
import static dev.lanewise.cpu.quant.Lanes.broadcast;
import static dev.lanewise.cpu.quant.Lanes.half;
import static dev.lanewise.cpu.quant.Lanes.load;
import static dev.lanewise.cpu.quant.Lanes.signed;
import static dev.lanewise.cpu.quant.Lanes.store;

import jdk.incubator.vector.FloatVector;

/** {@link DotsQ8s0} for vectors of 256 bits, four of which make a group. */
final class NarrowDotsQ8s0 implements BlockDots {
    @Override
    public int rows() {
        // the conversions of two are more than C2 inlines
        return 1;
    }

    @Override
    public void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes) {
        FloatVector acc = load(ZEROS);
        for (int g = 0; g < groups; g++) {
            w &= MASK;
            x &= MASK;
            float scale = half(w);
            FloatVector even = signed(w + 2).mul(load(x));
            FloatVector odd = signed(w + 10).mul(load(x + 32));
            even = signed(w + 18).fma(load(x + 64), even);
            odd = signed(w + 26).fma(load(x + 96), odd);
            acc = even.add(odd).fma(broadcast(scale), acc);
            w += 34;
            x += 128;
        }
        store(acc, lanes);
    }
}
