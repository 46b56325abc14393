package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;
import static dev.lanewise.cpu.quant.Lanes.COUNT;
import static dev.lanewise.cpu.quant.Lanes.VECTOR;
import static dev.lanewise.cpu.quant.Lanes.broadcast;
import static dev.lanewise.cpu.quant.Lanes.floats;
import static dev.lanewise.cpu.quant.Lanes.half;
import static dev.lanewise.cpu.quant.Lanes.load;
import static dev.lanewise.cpu.quant.Lanes.s8;
import static dev.lanewise.cpu.quant.Lanes.store;
import static dev.lanewise.cpu.quant.Lanes.unsigned;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q6_K: 6 bits, from -32, scales of 16. */
final class DotsQ6k implements BlockDots {
    @Override
    public int rows() {
        return 2;
    }

    @Override
    public void rows(int groups, long w, long row1, long row2, long row3, long x, long sums, long lanes) {
        FloatVector acc0 = load(ZEROS);
        FloatVector acc1 = load(ZEROS);
        FloatVector more0 = load(ZEROS);
        FloatVector more1 = load(ZEROS);
        for (int g = 0; g < groups; g += 8) {
            w &= MASK;
            x &= MASK;
            long w1 = w + row1;
            float scale0 = half(w + 208);
            float scale1 = half(w1 + 208);
            for (int i = 0; i < 2; i++) {
                for (int c = 0; c < 32; c += COUNT) {
                    FloatVector x0 = load(x + i * 512 + c * 4);
                    FloatVector x1 = load(x + i * 512 + 128 + c * 4);
                    FloatVector x2 = load(x + i * 512 + 256 + c * 4);
                    FloatVector x3 = load(x + i * 512 + 384 + c * 4);
                    long at = i * 64 + c;
                    long bits = 128 + i * 32 + c;
                    long scales = 192 + i * 8 + c / 16;
                    IntVector a0 = unsigned(w + at);
                    IntVector b0 = unsigned(w + at + 32);
                    IntVector h0 = unsigned(w + bits);
                    acc0 = low(a0, h0).mul(x0).fma(broadcast(scale0 * s8(w + scales)), acc0);
                    more0 = low(b0, h0.lanewise(VectorOperators.LSHR, 2))
                            .mul(x1)
                            .fma(broadcast(scale0 * s8(w + scales + 2)), more0);
                    acc0 = high(a0, h0).mul(x2).fma(broadcast(scale0 * s8(w + scales + 4)), acc0);
                    more0 = high(b0, h0.lanewise(VectorOperators.LSHR, 2))
                            .mul(x3)
                            .fma(broadcast(scale0 * s8(w + scales + 6)), more0);
                    IntVector a1 = unsigned(w1 + at);
                    IntVector b1 = unsigned(w1 + at + 32);
                    IntVector h1 = unsigned(w1 + bits);
                    acc1 = low(a1, h1).mul(x0).fma(broadcast(scale1 * s8(w1 + scales)), acc1);
                    more1 = low(b1, h1.lanewise(VectorOperators.LSHR, 2))
                            .mul(x1)
                            .fma(broadcast(scale1 * s8(w1 + scales + 2)), more1);
                    acc1 = high(a1, h1).mul(x2).fma(broadcast(scale1 * s8(w1 + scales + 4)), acc1);
                    more1 = high(b1, h1.lanewise(VectorOperators.LSHR, 2))
                            .mul(x3)
                            .fma(broadcast(scale1 * s8(w1 + scales + 6)), more1);
                }
            }
            w += 210;
            x += 1024;
        }
        store(acc0.add(more0), lanes);
        store(acc1.add(more1), lanes + VECTOR);
    }

    private static FloatVector low(IntVector pairs, IntVector bits) {
        return floats(pairs.and(15)
                .or(bits.and(3).lanewise(VectorOperators.LSHL, 4))
                .sub(32));
    }

    private static FloatVector high(IntVector pairs, IntVector bits) {
        return floats(
                pairs.lanewise(VectorOperators.LSHR, 4).or(bits.and(48)).sub(32));
    }
}
