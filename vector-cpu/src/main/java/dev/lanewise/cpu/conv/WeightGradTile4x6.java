package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** {@link WeightGradTile} for thirty-two vector registers: 4 output channels by 6 taps. */
final class WeightGradTile4x6 {
    static final int CHANNELS = 4;
    static final int TAPS = 6;

    private WeightGradTile4x6() {}

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
        long t3 = xAt + taps.get(LONG, tapsAt + 24);
        long t4 = xAt + taps.get(LONG, tapsAt + 32);
        long t5 = xAt + taps.get(LONG, tapsAt + 40);
        long g0At = gyAt + 0 * gyPlane;
        long g1At = gyAt + 1 * gyPlane;
        long g2At = gyAt + 2 * gyPlane;
        long g3At = gyAt + 3 * gyPlane;
        // One load for each accumulator: a vector shared by several of them at the start is boxed.
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 0 * BYTES, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 1 * BYTES, ORDER);
        FloatVector c02 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 2 * BYTES, ORDER);
        FloatVector c03 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 3 * BYTES, ORDER);
        FloatVector c04 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 4 * BYTES, ORDER);
        FloatVector c05 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 5 * BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 6 * BYTES, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 7 * BYTES, ORDER);
        FloatVector c12 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 8 * BYTES, ORDER);
        FloatVector c13 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 9 * BYTES, ORDER);
        FloatVector c14 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 10 * BYTES, ORDER);
        FloatVector c15 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 11 * BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 12 * BYTES, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 13 * BYTES, ORDER);
        FloatVector c22 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 14 * BYTES, ORDER);
        FloatVector c23 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 15 * BYTES, ORDER);
        FloatVector c24 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 16 * BYTES, ORDER);
        FloatVector c25 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 17 * BYTES, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 18 * BYTES, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 19 * BYTES, ORDER);
        FloatVector c32 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 20 * BYTES, ORDER);
        FloatVector c33 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 21 * BYTES, ORDER);
        FloatVector c34 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 22 * BYTES, ORDER);
        FloatVector c35 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 23 * BYTES, ORDER);
        for (int step = 0; step < steps; step++) {
            long at = pixels.get(LONG, pixelsAt + 16L * step);
            long gyPixel = pixels.get(LONG, pixelsAt + 16L * step + 8);
            FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, gy, g0At + gyPixel, ORDER);
            FloatVector g1 = FloatVector.fromMemorySegment(SPECIES, gy, g1At + gyPixel, ORDER);
            FloatVector g2 = FloatVector.fromMemorySegment(SPECIES, gy, g2At + gyPixel, ORDER);
            FloatVector g3 = FloatVector.fromMemorySegment(SPECIES, gy, g3At + gyPixel, ORDER);
            FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, x, t0 + at, ORDER);
            c00 = g0.fma(x0, c00);
            c10 = g1.fma(x0, c10);
            c20 = g2.fma(x0, c20);
            c30 = g3.fma(x0, c30);
            FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, x, t1 + at, ORDER);
            c01 = g0.fma(x1, c01);
            c11 = g1.fma(x1, c11);
            c21 = g2.fma(x1, c21);
            c31 = g3.fma(x1, c31);
            FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, x, t2 + at, ORDER);
            c02 = g0.fma(x2, c02);
            c12 = g1.fma(x2, c12);
            c22 = g2.fma(x2, c22);
            c32 = g3.fma(x2, c32);
            FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, x, t3 + at, ORDER);
            c03 = g0.fma(x3, c03);
            c13 = g1.fma(x3, c13);
            c23 = g2.fma(x3, c23);
            c33 = g3.fma(x3, c33);
            FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, x, t4 + at, ORDER);
            c04 = g0.fma(x4, c04);
            c14 = g1.fma(x4, c14);
            c24 = g2.fma(x4, c24);
            c34 = g3.fma(x4, c34);
            FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, x, t5 + at, ORDER);
            c05 = g0.fma(x5, c05);
            c15 = g1.fma(x5, c15);
            c25 = g2.fma(x5, c25);
            c35 = g3.fma(x5, c35);
        }
        c00.intoMemorySegment(tile, 0 * BYTES, ORDER);
        c01.intoMemorySegment(tile, 1 * BYTES, ORDER);
        c02.intoMemorySegment(tile, 2 * BYTES, ORDER);
        c03.intoMemorySegment(tile, 3 * BYTES, ORDER);
        c04.intoMemorySegment(tile, 4 * BYTES, ORDER);
        c05.intoMemorySegment(tile, 5 * BYTES, ORDER);
        c10.intoMemorySegment(tile, 6 * BYTES, ORDER);
        c11.intoMemorySegment(tile, 7 * BYTES, ORDER);
        c12.intoMemorySegment(tile, 8 * BYTES, ORDER);
        c13.intoMemorySegment(tile, 9 * BYTES, ORDER);
        c14.intoMemorySegment(tile, 10 * BYTES, ORDER);
        c15.intoMemorySegment(tile, 11 * BYTES, ORDER);
        c20.intoMemorySegment(tile, 12 * BYTES, ORDER);
        c21.intoMemorySegment(tile, 13 * BYTES, ORDER);
        c22.intoMemorySegment(tile, 14 * BYTES, ORDER);
        c23.intoMemorySegment(tile, 15 * BYTES, ORDER);
        c24.intoMemorySegment(tile, 16 * BYTES, ORDER);
        c25.intoMemorySegment(tile, 17 * BYTES, ORDER);
        c30.intoMemorySegment(tile, 18 * BYTES, ORDER);
        c31.intoMemorySegment(tile, 19 * BYTES, ORDER);
        c32.intoMemorySegment(tile, 20 * BYTES, ORDER);
        c33.intoMemorySegment(tile, 21 * BYTES, ORDER);
        c34.intoMemorySegment(tile, 22 * BYTES, ORDER);
        c35.intoMemorySegment(tile, 23 * BYTES, ORDER);
    }
}
