package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** {@link WeightGradTile} for sixteen vector registers: 3 output channels by 3 taps. */
final class WeightGradTile3x3 {
    static final int CHANNELS = 3;
    static final int TAPS = 3;

    private WeightGradTile3x3() {}

    static void run(
            MemorySegment gy,
            long gyAt,
            long gyPlane,
            MemorySegment x,
            long xAt,
            MemorySegment taps,
            long tapsAt,
            MemorySegment pixels,
            long pixelsAt,
            int steps,
            MemorySegment start,
            long startAt,
            MemorySegment tile) {
        long t0 = xAt + taps.get(LONG, tapsAt + 0);
        long t1 = xAt + taps.get(LONG, tapsAt + 8);
        long t2 = xAt + taps.get(LONG, tapsAt + 16);
        long g0At = gyAt + 0 * gyPlane;
        long g1At = gyAt + 1 * gyPlane;
        long g2At = gyAt + 2 * gyPlane;
        // One load for each accumulator: a vector shared by several of them at the start is boxed.
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 0 * BYTES, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 1 * BYTES, ORDER);
        FloatVector c02 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 2 * BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 3 * BYTES, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 4 * BYTES, ORDER);
        FloatVector c12 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 5 * BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 6 * BYTES, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 7 * BYTES, ORDER);
        FloatVector c22 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 8 * BYTES, ORDER);
        for (int step = 0; step < steps; step++) {
            long at = pixels.get(LONG, pixelsAt + 16L * step);
            long gyPixel = pixels.get(LONG, pixelsAt + 16L * step + 8);
            FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, gy, g0At + gyPixel, ORDER);
            FloatVector g1 = FloatVector.fromMemorySegment(SPECIES, gy, g1At + gyPixel, ORDER);
            FloatVector g2 = FloatVector.fromMemorySegment(SPECIES, gy, g2At + gyPixel, ORDER);
            FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, x, t0 + at, ORDER);
            c00 = g0.fma(x0, c00);
            c10 = g1.fma(x0, c10);
            c20 = g2.fma(x0, c20);
            FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, x, t1 + at, ORDER);
            c01 = g0.fma(x1, c01);
            c11 = g1.fma(x1, c11);
            c21 = g2.fma(x1, c21);
            FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, x, t2 + at, ORDER);
            c02 = g0.fma(x2, c02);
            c12 = g1.fma(x2, c12);
            c22 = g2.fma(x2, c22);
        }
        c00.intoMemorySegment(tile, 0 * BYTES, ORDER);
        c01.intoMemorySegment(tile, 1 * BYTES, ORDER);
        c02.intoMemorySegment(tile, 2 * BYTES, ORDER);
        c10.intoMemorySegment(tile, 3 * BYTES, ORDER);
        c11.intoMemorySegment(tile, 4 * BYTES, ORDER);
        c12.intoMemorySegment(tile, 5 * BYTES, ORDER);
        c20.intoMemorySegment(tile, 6 * BYTES, ORDER);
        c21.intoMemorySegment(tile, 7 * BYTES, ORDER);
        c22.intoMemorySegment(tile, 8 * BYTES, ORDER);
    }
}
