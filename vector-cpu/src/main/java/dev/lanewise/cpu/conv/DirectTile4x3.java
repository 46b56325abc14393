package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** {@link DirectTile} for sixteen vector registers: 4 channels by 3 vectors of pixels. */
final class DirectTile4x3 {
    static final int CHANNELS = 4;

    private DirectTile4x3() {}

    static void run(
            MemorySegment x,
            long x0,
            long x1,
            long x2,
            MemorySegment taps,
            long tapsAt,
            int steps,
            MemorySegment w,
            long wAt,
            MemorySegment start,
            long startAt,
            MemorySegment tile,
            long tileAt) {
        // One load for each accumulator: a vector shared by several of them at the start is boxed.
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 0 * BYTES, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 0 * BYTES, ORDER);
        FloatVector c02 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 0 * BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 1 * BYTES, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 1 * BYTES, ORDER);
        FloatVector c12 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 1 * BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 2 * BYTES, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 2 * BYTES, ORDER);
        FloatVector c22 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 2 * BYTES, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 3 * BYTES, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 3 * BYTES, ORDER);
        FloatVector c32 = FloatVector.fromMemorySegment(SPECIES, start, startAt + 3 * BYTES, ORDER);
        for (int step = 0; step < steps; step++) {
            long tap = taps.get(LONG, tapsAt + 8L * step);
            long at = wAt + 4L * CHANNELS * step;
            FloatVector p0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + tap, ORDER);
            FloatVector p1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + tap, ORDER);
            FloatVector p2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + tap, ORDER);
            FloatVector w0 = FloatVector.broadcast(SPECIES, w.get(FLOAT, at + 0));
            c00 = p0.fma(w0, c00);
            c01 = p1.fma(w0, c01);
            c02 = p2.fma(w0, c02);
            FloatVector w1 = FloatVector.broadcast(SPECIES, w.get(FLOAT, at + 4));
            c10 = p0.fma(w1, c10);
            c11 = p1.fma(w1, c11);
            c12 = p2.fma(w1, c12);
            FloatVector w2 = FloatVector.broadcast(SPECIES, w.get(FLOAT, at + 8));
            c20 = p0.fma(w2, c20);
            c21 = p1.fma(w2, c21);
            c22 = p2.fma(w2, c22);
            FloatVector w3 = FloatVector.broadcast(SPECIES, w.get(FLOAT, at + 12));
            c30 = p0.fma(w3, c30);
            c31 = p1.fma(w3, c31);
            c32 = p2.fma(w3, c32);
        }
        c00.intoMemorySegment(tile, tileAt + 0 * BYTES, ORDER);
        c01.intoMemorySegment(tile, tileAt + 1 * BYTES, ORDER);
        c02.intoMemorySegment(tile, tileAt + 2 * BYTES, ORDER);
        c10.intoMemorySegment(tile, tileAt + 3 * BYTES, ORDER);
        c11.intoMemorySegment(tile, tileAt + 4 * BYTES, ORDER);
        c12.intoMemorySegment(tile, tileAt + 5 * BYTES, ORDER);
        c20.intoMemorySegment(tile, tileAt + 6 * BYTES, ORDER);
        c21.intoMemorySegment(tile, tileAt + 7 * BYTES, ORDER);
        c22.intoMemorySegment(tile, tileAt + 8 * BYTES, ORDER);
        c30.intoMemorySegment(tile, tileAt + 9 * BYTES, ORDER);
        c31.intoMemorySegment(tile, tileAt + 10 * BYTES, ORDER);
        c32.intoMemorySegment(tile, tileAt + 11 * BYTES, ORDER);
    }
}
