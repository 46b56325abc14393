// Generated from src/main/templates/conv/DirectTile.java.template: do not edit.
package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/**
 * {@link DirectTile} for thirty-two vector registers: 8 channels by 2 vectors of pixels. Small enough for the C1 compiler:
 * where that one gives up, the method may never reach C2.
 */
final class DirectTile8x2 {
    static final int CHANNELS = 8;

    private DirectTile8x2() {}

    static void run(long x0, long x1, long taps, int steps, long w, long start, long to0, long to1, long toStep) {
        // One load for each accumulator: a vector shared by several of them at the start is boxed.
        long from = start & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * 2) * BYTES, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (0 * 2 + 1) * BYTES, ORDER);
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * 2) * BYTES, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (1 * 2 + 1) * BYTES, ORDER);
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * 2) * BYTES, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (2 * 2 + 1) * BYTES, ORDER);
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (3 * 2) * BYTES, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (3 * 2 + 1) * BYTES, ORDER);
        FloatVector c40 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (4 * 2) * BYTES, ORDER);
        FloatVector c41 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (4 * 2 + 1) * BYTES, ORDER);
        FloatVector c50 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (5 * 2) * BYTES, ORDER);
        FloatVector c51 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (5 * 2 + 1) * BYTES, ORDER);
        FloatVector c60 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (6 * 2) * BYTES, ORDER);
        FloatVector c61 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (6 * 2 + 1) * BYTES, ORDER);
        FloatVector c70 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (7 * 2) * BYTES, ORDER);
        FloatVector c71 = FloatVector.fromMemorySegment(SPECIES, ALL, from + (7 * 2 + 1) * BYTES, ORDER);
        for (int step = 0; step < steps; step++) {
            long tap = ALL.get(LONG, (taps + 8L * step) & MASK);
            long at = (w + 4L * CHANNELS * step) & MASK;
            // Numbers are read before all arithmetic: C2's budget, see the documentation of the package
            // dev.lanewise.cpu.
            FloatVector w0 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 0));
            FloatVector w1 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 1));
            FloatVector w2 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 2));
            FloatVector w3 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 3));
            FloatVector w4 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 4));
            FloatVector w5 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 5));
            FloatVector w6 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 6));
            FloatVector w7 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 7));
            FloatVector p0 = FloatVector.fromMemorySegment(SPECIES, ALL, (x0 + tap) & MASK, ORDER);
            FloatVector p1 = FloatVector.fromMemorySegment(SPECIES, ALL, (x1 + tap) & MASK, ORDER);
            c00 = p0.fma(w0, c00);
            c01 = p1.fma(w0, c01);
            c10 = p0.fma(w1, c10);
            c11 = p1.fma(w1, c11);
            c20 = p0.fma(w2, c20);
            c21 = p1.fma(w2, c21);
            c30 = p0.fma(w3, c30);
            c31 = p1.fma(w3, c31);
            c40 = p0.fma(w4, c40);
            c41 = p1.fma(w4, c41);
            c50 = p0.fma(w5, c50);
            c51 = p1.fma(w5, c51);
            c60 = p0.fma(w6, c60);
            c61 = p1.fma(w6, c61);
            c70 = p0.fma(w7, c70);
            c71 = p1.fma(w7, c71);
        }
        c00.intoMemorySegment(ALL, (to0 + 0 * toStep) & MASK, ORDER);
        c01.intoMemorySegment(ALL, (to1 + 0 * toStep) & MASK, ORDER);
        c10.intoMemorySegment(ALL, (to0 + 1 * toStep) & MASK, ORDER);
        c11.intoMemorySegment(ALL, (to1 + 1 * toStep) & MASK, ORDER);
        c20.intoMemorySegment(ALL, (to0 + 2 * toStep) & MASK, ORDER);
        c21.intoMemorySegment(ALL, (to1 + 2 * toStep) & MASK, ORDER);
        c30.intoMemorySegment(ALL, (to0 + 3 * toStep) & MASK, ORDER);
        c31.intoMemorySegment(ALL, (to1 + 3 * toStep) & MASK, ORDER);
        c40.intoMemorySegment(ALL, (to0 + 4 * toStep) & MASK, ORDER);
        c41.intoMemorySegment(ALL, (to1 + 4 * toStep) & MASK, ORDER);
        c50.intoMemorySegment(ALL, (to0 + 5 * toStep) & MASK, ORDER);
        c51.intoMemorySegment(ALL, (to1 + 5 * toStep) & MASK, ORDER);
        c60.intoMemorySegment(ALL, (to0 + 6 * toStep) & MASK, ORDER);
        c61.intoMemorySegment(ALL, (to1 + 6 * toStep) & MASK, ORDER);
        c70.intoMemorySegment(ALL, (to0 + 7 * toStep) & MASK, ORDER);
        c71.intoMemorySegment(ALL, (to1 + 7 * toStep) & MASK, ORDER);
    }
}
