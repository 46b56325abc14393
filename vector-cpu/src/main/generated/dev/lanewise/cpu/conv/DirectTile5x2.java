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
 * {@link DirectTile} for sixteen vector registers: 5 channels by 2 vectors of pixels. C2 reads all weights as early as it can,
 * so that each needs a register: with 6 channels it kept three sums in memory. It must not unroll the loop either, which would
 * double what is read early, so the loop counts addresses; and it reads the tap of the next step in time, since weights that
 * wait for nothing would be read before pixels that wait for their tap.
 */
final class DirectTile5x2 {
    static final int CHANNELS = 5;

    private DirectTile5x2() {}

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
        long next = taps & MASK;
        long end = next + 8L * steps;
        long tap = ALL.get(LONG, next);
        long at = w;
        while (next != end) {
            at &= MASK;
            next = (next + 8) & MASK;
            FloatVector p0 = FloatVector.fromMemorySegment(SPECIES, ALL, (x0 + tap) & MASK, ORDER);
            FloatVector p1 = FloatVector.fromMemorySegment(SPECIES, ALL, (x1 + tap) & MASK, ORDER);
            FloatVector w0 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 0));
            c00 = p0.fma(w0, c00);
            c01 = p1.fma(w0, c01);
            FloatVector w1 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 1));
            c10 = p0.fma(w1, c10);
            c11 = p1.fma(w1, c11);
            FloatVector w2 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 2));
            c20 = p0.fma(w2, c20);
            c21 = p1.fma(w2, c21);
            FloatVector w3 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 3));
            c30 = p0.fma(w3, c30);
            c31 = p1.fma(w3, c31);
            FloatVector w4 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, at + 4 * 4));
            c40 = p0.fma(w4, c40);
            c41 = p1.fma(w4, c41);
            tap = ALL.get(LONG, next);
            at += 4 * CHANNELS;
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
    }
}
