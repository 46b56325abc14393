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
 * {@link WeightGradTile} for sixteen vector registers: 3 output channels by 3 taps. The loop counts addresses, so that C2 does
 * not unroll it and then keep sums in memory, and reads the offsets of the next step in time.
 */
final class WeightGradTile3x3 {
    static final int CHANNELS = 3;
    static final int TAPS = 3;

    private WeightGradTile3x3() {}

    static void run(long gy, long gyPlane, long x, long taps, long pixels, int steps, long start, long tile) {
        long t0 = x + ALL.get(LONG, (taps & MASK) + 8 * 0);
        long t1 = x + ALL.get(LONG, (taps & MASK) + 8 * 1);
        long t2 = x + ALL.get(LONG, (taps & MASK) + 8 * 2);
        // One load for each accumulator: a vector shared by several of them at the start is boxed.
        long from = start & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 0) * BYTES, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 1) * BYTES, ORDER);
        FloatVector c02 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * TAPS + 2) * BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 0) * BYTES, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 1) * BYTES, ORDER);
        FloatVector c12 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * TAPS + 2) * BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 0) * BYTES, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 1) * BYTES, ORDER);
        FloatVector c22 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * TAPS + 2) * BYTES, ORDER);
        long plane1 = (1 * gyPlane) & MASK;
        long plane2 = (2 * gyPlane) & MASK;
        long next = pixels & MASK;
        long end = next + 16L * steps;
        long pixel = ALL.get(LONG, next);
        long gyPixel = gy + ALL.get(LONG, next + 8);
        while (next != end) {
            next = (next + 16) & MASK;
            gyPixel &= MASK;
            FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, ALL, gyPixel, ORDER);
            FloatVector g1 = FloatVector.fromMemorySegment(SPECIES, ALL, gyPixel + plane1, ORDER);
            FloatVector g2 = FloatVector.fromMemorySegment(SPECIES, ALL, gyPixel + plane2, ORDER);
            FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, ALL, (t0 + pixel) & MASK, ORDER);
            c00 = g0.fma(x0, c00);
            c10 = g1.fma(x0, c10);
            c20 = g2.fma(x0, c20);
            FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, ALL, (t1 + pixel) & MASK, ORDER);
            c01 = g0.fma(x1, c01);
            c11 = g1.fma(x1, c11);
            c21 = g2.fma(x1, c21);
            FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, ALL, (t2 + pixel) & MASK, ORDER);
            c02 = g0.fma(x2, c02);
            c12 = g1.fma(x2, c12);
            c22 = g2.fma(x2, c22);
            pixel = ALL.get(LONG, next);
            gyPixel = gy + ALL.get(LONG, next + 8);
        }
        long to = tile & MASK;
        c00.intoMemorySegment(ALL, to + (0 * TAPS + 0) * BYTES, ORDER);
        c01.intoMemorySegment(ALL, to + (0 * TAPS + 1) * BYTES, ORDER);
        c02.intoMemorySegment(ALL, to + (0 * TAPS + 2) * BYTES, ORDER);
        c10.intoMemorySegment(ALL, to + (1 * TAPS + 0) * BYTES, ORDER);
        c11.intoMemorySegment(ALL, to + (1 * TAPS + 1) * BYTES, ORDER);
        c12.intoMemorySegment(ALL, to + (1 * TAPS + 2) * BYTES, ORDER);
        c20.intoMemorySegment(ALL, to + (2 * TAPS + 0) * BYTES, ORDER);
        c21.intoMemorySegment(ALL, to + (2 * TAPS + 1) * BYTES, ORDER);
        c22.intoMemorySegment(ALL, to + (2 * TAPS + 2) * BYTES, ORDER);
    }
}
