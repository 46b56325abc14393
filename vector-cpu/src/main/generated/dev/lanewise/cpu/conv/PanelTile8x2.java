// Generated from src/main/templates/conv/PanelTile.java.template: do not edit.
package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/** {@link PanelTile} for thirty-two vector registers: 8 rows by two vectors. */
final class PanelTile8x2 {
    static final int ROWS = 8;

    private PanelTile8x2() {}

    static void run(long a, long aRow, long aStep, long b, int steps, long start, long startRow, long c, long cRow) {
        long a1 = (1 * aRow) & MASK;
        long a2 = (2 * aRow) & MASK;
        long a3 = (3 * aRow) & MASK;
        long a4 = (4 * aRow) & MASK;
        long a5 = (5 * aRow) & MASK;
        long a6 = (6 * aRow) & MASK;
        long a7 = (7 * aRow) & MASK;
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
        long from4 = (start + 4 * startRow) & MASK;
        FloatVector c40 = FloatVector.fromMemorySegment(SPECIES, ALL, from4, ORDER);
        FloatVector c41 = FloatVector.fromMemorySegment(SPECIES, ALL, from4 + BYTES, ORDER);
        long from5 = (start + 5 * startRow) & MASK;
        FloatVector c50 = FloatVector.fromMemorySegment(SPECIES, ALL, from5, ORDER);
        FloatVector c51 = FloatVector.fromMemorySegment(SPECIES, ALL, from5 + BYTES, ORDER);
        long from6 = (start + 6 * startRow) & MASK;
        FloatVector c60 = FloatVector.fromMemorySegment(SPECIES, ALL, from6, ORDER);
        FloatVector c61 = FloatVector.fromMemorySegment(SPECIES, ALL, from6 + BYTES, ORDER);
        long from7 = (start + 7 * startRow) & MASK;
        FloatVector c70 = FloatVector.fromMemorySegment(SPECIES, ALL, from7, ORDER);
        FloatVector c71 = FloatVector.fromMemorySegment(SPECIES, ALL, from7 + BYTES, ORDER);
        for (int step = 0; step < steps; step++) {
            a &= MASK;
            b &= MASK;
            // Numbers are read before all arithmetic: C2's budget, see the documentation of the package
            // dev.lanewise.cpu.
            FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a));
            FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a1));
            FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a2));
            FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a3));
            FloatVector x4 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a4));
            FloatVector x5 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a5));
            FloatVector x6 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a6));
            FloatVector x7 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a7));
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, b + BYTES, ORDER);
            c00 = b0.fma(x0, c00);
            c01 = b1.fma(x0, c01);
            c10 = b0.fma(x1, c10);
            c11 = b1.fma(x1, c11);
            c20 = b0.fma(x2, c20);
            c21 = b1.fma(x2, c21);
            c30 = b0.fma(x3, c30);
            c31 = b1.fma(x3, c31);
            c40 = b0.fma(x4, c40);
            c41 = b1.fma(x4, c41);
            c50 = b0.fma(x5, c50);
            c51 = b1.fma(x5, c51);
            c60 = b0.fma(x6, c60);
            c61 = b1.fma(x6, c61);
            c70 = b0.fma(x7, c70);
            c71 = b1.fma(x7, c71);
            a += aStep;
            b += 2 * BYTES;
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
        long to4 = (c + 4 * cRow) & MASK;
        c40.intoMemorySegment(ALL, to4, ORDER);
        c41.intoMemorySegment(ALL, to4 + BYTES, ORDER);
        long to5 = (c + 5 * cRow) & MASK;
        c50.intoMemorySegment(ALL, to5, ORDER);
        c51.intoMemorySegment(ALL, to5 + BYTES, ORDER);
        long to6 = (c + 6 * cRow) & MASK;
        c60.intoMemorySegment(ALL, to6, ORDER);
        c61.intoMemorySegment(ALL, to6 + BYTES, ORDER);
        long to7 = (c + 7 * cRow) & MASK;
        c70.intoMemorySegment(ALL, to7, ORDER);
        c71.intoMemorySegment(ALL, to7 + BYTES, ORDER);
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
        long a4 = (4 * aRow) & MASK;
        long a5 = (5 * aRow) & MASK;
        long a6 = (6 * aRow) & MASK;
        long a7 = (7 * aRow) & MASK;
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
            long from4 = (start + 4 * startRow) & MASK;
            FloatVector c40 = FloatVector.fromMemorySegment(SPECIES, ALL, from4, ORDER);
            FloatVector c41 = FloatVector.fromMemorySegment(SPECIES, ALL, from4 + BYTES, ORDER);
            long from5 = (start + 5 * startRow) & MASK;
            FloatVector c50 = FloatVector.fromMemorySegment(SPECIES, ALL, from5, ORDER);
            FloatVector c51 = FloatVector.fromMemorySegment(SPECIES, ALL, from5 + BYTES, ORDER);
            long from6 = (start + 6 * startRow) & MASK;
            FloatVector c60 = FloatVector.fromMemorySegment(SPECIES, ALL, from6, ORDER);
            FloatVector c61 = FloatVector.fromMemorySegment(SPECIES, ALL, from6 + BYTES, ORDER);
            long from7 = (start + 7 * startRow) & MASK;
            FloatVector c70 = FloatVector.fromMemorySegment(SPECIES, ALL, from7, ORDER);
            FloatVector c71 = FloatVector.fromMemorySegment(SPECIES, ALL, from7 + BYTES, ORDER);
            for (int step = 0; step < some; step++) {
                a &= MASK;
                b &= MASK;
                FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a));
                FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a1));
                FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a2));
                FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a3));
                FloatVector x4 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a4));
                FloatVector x5 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a5));
                FloatVector x6 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a6));
                FloatVector x7 = FloatVector.broadcast(SPECIES, ALL.get(FLOAT, a + a7));
                FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b, ORDER);
                FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, b + BYTES, ORDER);
                c00 = b0.fma(x0, c00);
                c01 = b1.fma(x0, c01);
                c10 = b0.fma(x1, c10);
                c11 = b1.fma(x1, c11);
                c20 = b0.fma(x2, c20);
                c21 = b1.fma(x2, c21);
                c30 = b0.fma(x3, c30);
                c31 = b1.fma(x3, c31);
                c40 = b0.fma(x4, c40);
                c41 = b1.fma(x4, c41);
                c50 = b0.fma(x5, c50);
                c51 = b1.fma(x5, c51);
                c60 = b0.fma(x6, c60);
                c61 = b1.fma(x6, c61);
                c70 = b0.fma(x7, c70);
                c71 = b1.fma(x7, c71);
                a += aStep;
                b += 2 * BYTES;
            }
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
            long to4 = (c + 4 * cRow) & MASK;
            c40.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to4, ORDER))
                    .intoMemorySegment(ALL, to4, ORDER);
            c41.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to4 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to4 + BYTES, ORDER);
            long to5 = (c + 5 * cRow) & MASK;
            c50.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to5, ORDER))
                    .intoMemorySegment(ALL, to5, ORDER);
            c51.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to5 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to5 + BYTES, ORDER);
            long to6 = (c + 6 * cRow) & MASK;
            c60.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to6, ORDER))
                    .intoMemorySegment(ALL, to6, ORDER);
            c61.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to6 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to6 + BYTES, ORDER);
            long to7 = (c + 7 * cRow) & MASK;
            c70.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to7, ORDER))
                    .intoMemorySegment(ALL, to7, ORDER);
            c71.fma(scale, FloatVector.fromMemorySegment(SPECIES, ALL, to7 + BYTES, ORDER))
                    .intoMemorySegment(ALL, to7 + BYTES, ORDER);
        }
    }
}
