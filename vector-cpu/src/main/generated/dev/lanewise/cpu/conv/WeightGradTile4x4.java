// Generated from src/main/templates/conv/WeightGradTile.java.template: do not edit.
package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/**
 * {@link WeightGradTile} for thirty-two vector registers: 4 output channels by 4 taps. With 5 taps the C1 compiler runs out of
 * virtual registers, and C2 comes seconds later.
 */
final class WeightGradTile4x4 {
    static final int CHANNELS = 4;
    static final int TAPS = 4;

    private WeightGradTile4x4() {}

    static void run(long gy, long gyPlane, long x, long taps, long pixels, int steps, long start, long tile) {
        long t0 = x + ALL.get(LONG, (taps & MASK) + 8 * 0);
        long t1 = x + ALL.get(LONG, (taps & MASK) + 8 * 1);
        long t2 = x + ALL.get(LONG, (taps & MASK) + 8 * 2);
        long t3 = x + ALL.get(LONG, (taps & MASK) + 8 * 3);
        // One load for each accumulator: a vector shared by several of them at the start is boxed.
        long from = start & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 0) * BYTES, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 1) * BYTES, ORDER);
        FloatVector c02 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 2) * BYTES, ORDER);
        FloatVector c03 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 3) * BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 0) * BYTES, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 1) * BYTES, ORDER);
        FloatVector c12 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 2) * BYTES, ORDER);
        FloatVector c13 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 3) * BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 0) * BYTES, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 1) * BYTES, ORDER);
        FloatVector c22 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 2) * BYTES, ORDER);
        FloatVector c23 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 3) * BYTES, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (3 * TAPS + 0) * BYTES, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (3 * TAPS + 1) * BYTES, ORDER);
        FloatVector c32 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (3 * TAPS + 2) * BYTES, ORDER);
        FloatVector c33 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (3 * TAPS + 3) * BYTES, ORDER);
        for (int step = 0; step < steps; step++) {
            long entry = (pixels + 16L * step) & MASK;
            long pixel = ALL.get(LONG, entry);
            long gyPixel = gy + ALL.get(LONG, entry + 8);
            FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, ALL, (gyPixel + 0 * gyPlane) & MASK, ORDER);
            FloatVector g1 = FloatVector.fromMemorySegment(SPECIES, ALL, (gyPixel + 1 * gyPlane) & MASK, ORDER);
            FloatVector g2 = FloatVector.fromMemorySegment(SPECIES, ALL, (gyPixel + 2 * gyPlane) & MASK, ORDER);
            FloatVector g3 = FloatVector.fromMemorySegment(SPECIES, ALL, (gyPixel + 3 * gyPlane) & MASK, ORDER);
            FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, ALL, (t0 + pixel) & MASK, ORDER);
            c00 = g0.fma(x0, c00);
            c10 = g1.fma(x0, c10);
            c20 = g2.fma(x0, c20);
            c30 = g3.fma(x0, c30);
            FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, ALL, (t1 + pixel) & MASK, ORDER);
            c01 = g0.fma(x1, c01);
            c11 = g1.fma(x1, c11);
            c21 = g2.fma(x1, c21);
            c31 = g3.fma(x1, c31);
            FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, ALL, (t2 + pixel) & MASK, ORDER);
            c02 = g0.fma(x2, c02);
            c12 = g1.fma(x2, c12);
            c22 = g2.fma(x2, c22);
            c32 = g3.fma(x2, c32);
            FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, ALL, (t3 + pixel) & MASK, ORDER);
            c03 = g0.fma(x3, c03);
            c13 = g1.fma(x3, c13);
            c23 = g2.fma(x3, c23);
            c33 = g3.fma(x3, c33);
        }
        long to = tile & MASK;
        c00.intoMemorySegment(ALL, to + (0 * TAPS + 0) * BYTES, ORDER);
        c01.intoMemorySegment(ALL, to + (0 * TAPS + 1) * BYTES, ORDER);
        c02.intoMemorySegment(ALL, to + (0 * TAPS + 2) * BYTES, ORDER);
        c03.intoMemorySegment(ALL, to + (0 * TAPS + 3) * BYTES, ORDER);
        c10.intoMemorySegment(ALL, to + (1 * TAPS + 0) * BYTES, ORDER);
        c11.intoMemorySegment(ALL, to + (1 * TAPS + 1) * BYTES, ORDER);
        c12.intoMemorySegment(ALL, to + (1 * TAPS + 2) * BYTES, ORDER);
        c13.intoMemorySegment(ALL, to + (1 * TAPS + 3) * BYTES, ORDER);
        c20.intoMemorySegment(ALL, to + (2 * TAPS + 0) * BYTES, ORDER);
        c21.intoMemorySegment(ALL, to + (2 * TAPS + 1) * BYTES, ORDER);
        c22.intoMemorySegment(ALL, to + (2 * TAPS + 2) * BYTES, ORDER);
        c23.intoMemorySegment(ALL, to + (2 * TAPS + 3) * BYTES, ORDER);
        c30.intoMemorySegment(ALL, to + (3 * TAPS + 0) * BYTES, ORDER);
        c31.intoMemorySegment(ALL, to + (3 * TAPS + 1) * BYTES, ORDER);
        c32.intoMemorySegment(ALL, to + (3 * TAPS + 2) * BYTES, ORDER);
        c33.intoMemorySegment(ALL, to + (3 * TAPS + 3) * BYTES, ORDER);
    }
}
