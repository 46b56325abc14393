// Generated from src/main/templates/conv/PanelTile.java.template: do not edit.
package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/**
 * {@link PanelTile} for sixteen vector registers: 4 rows by two vectors, as many sums as hide the latency of an addition. C2 reads
 * all numbers of the left matrix as early as it can, so that each needs a register; with 6 rows, and with 5, it kept sums in
 * memory, at less than half the speed. The loop counts addresses, so that C2 does not unroll it, which has the same effect.
 */
final class PanelTile4x2 {
    static final int ROWS = 4;

    private PanelTile4x2() {}

    static void run(long a, long aRow, long aStep, long b, int steps, long start, long startRow, long c, long cRow) {
        long a1 = (1 * aRow) & MASK;
        long a2 = (2 * aRow) & MASK;
        long a3 = (3 * aRow) & MASK;
        long from0 = (start + 0 * startRow) & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, from0, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, from0 + BYTES, ORDER);
        long from1 = (start + 1 * startRow) & MASK;
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, from1, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, from1 + BYTES, ORDER);
        long from2 = (start + 2 * startRow) & MASK;
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, from2, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, from2 + BYTES, ORDER);
        long from3 = (start + 3 * startRow) & MASK;
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, ALL, from3, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, ALL, from3 + BYTES, ORDER);
        long next = b & MASK;
        long end = next + 2 * BYTES * steps;
        while (next != end) {
            a &= MASK;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, next, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, next + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a));
            c00 = b0.fma(x0, c00);
            c01 = b1.fma(x0, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a1));
            c10 = b0.fma(x1, c10);
            c11 = b1.fma(x1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a2));
            c20 = b0.fma(x2, c20);
            c21 = b1.fma(x2, c21);
            FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a3));
            c30 = b0.fma(x3, c30);
            c31 = b1.fma(x3, c31);
            a += aStep;
            next = (next + 2 * BYTES) & MASK;
        }
        long to0 = (c + 0 * cRow) & MASK;
        c00.intoMemorySegment(ALL, to0, ORDER);
        c01.intoMemorySegment(ALL, to0 + BYTES, ORDER);
        long to1 = (c + 1 * cRow) & MASK;
        c10.intoMemorySegment(ALL, to1, ORDER);
        c11.intoMemorySegment(ALL, to1 + BYTES, ORDER);
        long to2 = (c + 2 * cRow) & MASK;
        c20.intoMemorySegment(ALL, to2, ORDER);
        c21.intoMemorySegment(ALL, to2 + BYTES, ORDER);
        long to3 = (c + 3 * cRow) & MASK;
        c30.intoMemorySegment(ALL, to3, ORDER);
        c31.intoMemorySegment(ALL, to3 + BYTES, ORDER);
    }

    static void add(
            long a,
            long aRow,
            long aStep,
            long b,
            int steps,
            int chain,
            long scales,
            long start,
            long startRow,
            long c,
            long cRow) {
        long a1 = (1 * aRow) & MASK;
        long a2 = (2 * aRow) & MASK;
        long a3 = (3 * aRow) & MASK;
        for (int left = steps; left > 0; left -= chain) {
            int some = Math.min(left, chain);
            long from0 = (start + 0 * startRow) & MASK;
            FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, from0, ORDER);
            FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, from0 + BYTES, ORDER);
            long from1 = (start + 1 * startRow) & MASK;
            FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, from1, ORDER);
            FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, from1 + BYTES, ORDER);
            long from2 = (start + 2 * startRow) & MASK;
            FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, from2, ORDER);
            FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, from2 + BYTES, ORDER);
            long from3 = (start + 3 * startRow) & MASK;
            FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, ALL, from3, ORDER);
            FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, ALL, from3 + BYTES, ORDER);
            long next = b & MASK;
            long end = next + 2 * BYTES * some;
            while (next != end) {
                a &= MASK;
                FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, next, ORDER);
                FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, next + BYTES, ORDER);
                FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a));
                c00 = b0.fma(x0, c00);
                c01 = b1.fma(x0, c01);
                FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a1));
                c10 = b0.fma(x1, c10);
                c11 = b1.fma(x1, c11);
                FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a2));
                c20 = b0.fma(x2, c20);
                c21 = b1.fma(x2, c21);
                FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a3));
                c30 = b0.fma(x3, c30);
                c31 = b1.fma(x3, c31);
                a += aStep;
                next = (next + 2 * BYTES) & MASK;
            }
            b = next;
            FloatVector scale = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, scales & MASK));
            scales += Float.BYTES;
            long to0 = (c + 0 * cRow) & MASK;
            c00.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to0, ORDER))
                    .intoMemorySegment(ALL, to0, ORDER);
            c01.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to0 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to0 + BYTES, ORDER);
            long to1 = (c + 1 * cRow) & MASK;
            c10.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to1, ORDER))
                    .intoMemorySegment(ALL, to1, ORDER);
            c11.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to1 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to1 + BYTES, ORDER);
            long to2 = (c + 2 * cRow) & MASK;
            c20.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to2, ORDER))
                    .intoMemorySegment(ALL, to2, ORDER);
            c21.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to2 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to2 + BYTES, ORDER);
            long to3 = (c + 3 * cRow) & MASK;
            c30.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to3, ORDER))
                    .intoMemorySegment(ALL, to3, ORDER);
            c31.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to3 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to3 + BYTES, ORDER);
        }
    }
}
