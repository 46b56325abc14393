// Generated from src/main/templates/gemm/Tile.java.template: do not edit.
package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Single precision, 6 rows by two vectors, for 16 vector registers: twelve accumulators, two vectors of B and one
 * broadcast of A.
 *
 * <p>Every accumulator is loaded from memory: started from one shared zero vector they would be boxed.
 */
final class F32Tile6x2 implements MicroKernel {
    private static final VectorSpecies<Float> SPECIES = Species.F32;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final long VECTOR = Species.VECTOR_BYTES;

    @Override
    public int rows() {
        return 6;
    }

    @Override
    public void wide(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow) {
        if (rows > 3) {
            tile6x2(rows, k, a, aRow, aColumn, b, bRow, init, initRow, c, cRow);
        } else {
            tile3x2(rows, k, a, aRow, aColumn, b, bRow, init, initRow, c, cRow);
        }
    }

    @Override
    public void narrow(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow) {
        if (rows > 3) {
            tile6x1(rows, k, a, aRow, aColumn, b, bRow, init, initRow, c, cRow);
        } else {
            tile3x1(rows, k, a, aRow, aColumn, b, bRow, init, initRow, c, cRow);
        }
    }

    private static void tile6x2(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow) {
        int last = rows - 1;
        long a1 = (Math.min(1, last) * aRow) & MASK;
        long a2 = (Math.min(2, last) * aRow) & MASK;
        long a3 = (Math.min(3, last) * aRow) & MASK;
        long a4 = (Math.min(4, last) * aRow) & MASK;
        long a5 = (Math.min(5, last) * aRow) & MASK;
        long row0 = init & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, row0, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, row0 + VECTOR, ORDER);
        long row1 = (init + Math.min(1, last) * initRow) & MASK;
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, row1, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, row1 + VECTOR, ORDER);
        long row2 = (init + Math.min(2, last) * initRow) & MASK;
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, row2, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, row2 + VECTOR, ORDER);
        long row3 = (init + Math.min(3, last) * initRow) & MASK;
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, ALL, row3, ORDER);
        FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, ALL, row3 + VECTOR, ORDER);
        long row4 = (init + Math.min(4, last) * initRow) & MASK;
        FloatVector c40 = FloatVector.fromMemorySegment(SPECIES, ALL, row4, ORDER);
        FloatVector c41 = FloatVector.fromMemorySegment(SPECIES, ALL, row4 + VECTOR, ORDER);
        long row5 = (init + Math.min(5, last) * initRow) & MASK;
        FloatVector c50 = FloatVector.fromMemorySegment(SPECIES, ALL, row5, ORDER);
        FloatVector c51 = FloatVector.fromMemorySegment(SPECIES, ALL, row5 + VECTOR, ORDER);
        for (int p = 0; p < k; p++) {
            a &= MASK;
            b &= MASK;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, b + VECTOR, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a));
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a1));
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a2));
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a3));
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a4));
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a5));
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            a += aColumn;
            b += bRow;
        }
        long out0 = c & MASK;
        c00.intoMemorySegment(ALL, out0, ORDER);
        c01.intoMemorySegment(ALL, out0 + VECTOR, ORDER);
        long out1 = (c + Math.min(1, last) * cRow) & MASK;
        c10.intoMemorySegment(ALL, out1, ORDER);
        c11.intoMemorySegment(ALL, out1 + VECTOR, ORDER);
        long out2 = (c + Math.min(2, last) * cRow) & MASK;
        c20.intoMemorySegment(ALL, out2, ORDER);
        c21.intoMemorySegment(ALL, out2 + VECTOR, ORDER);
        long out3 = (c + Math.min(3, last) * cRow) & MASK;
        c30.intoMemorySegment(ALL, out3, ORDER);
        c31.intoMemorySegment(ALL, out3 + VECTOR, ORDER);
        long out4 = (c + Math.min(4, last) * cRow) & MASK;
        c40.intoMemorySegment(ALL, out4, ORDER);
        c41.intoMemorySegment(ALL, out4 + VECTOR, ORDER);
        long out5 = (c + Math.min(5, last) * cRow) & MASK;
        c50.intoMemorySegment(ALL, out5, ORDER);
        c51.intoMemorySegment(ALL, out5 + VECTOR, ORDER);
    }

    private static void tile6x1(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow) {
        int last = rows - 1;
        long a1 = (Math.min(1, last) * aRow) & MASK;
        long a2 = (Math.min(2, last) * aRow) & MASK;
        long a3 = (Math.min(3, last) * aRow) & MASK;
        long a4 = (Math.min(4, last) * aRow) & MASK;
        long a5 = (Math.min(5, last) * aRow) & MASK;
        long row0 = init & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, row0, ORDER);
        long row1 = (init + Math.min(1, last) * initRow) & MASK;
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, row1, ORDER);
        long row2 = (init + Math.min(2, last) * initRow) & MASK;
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, row2, ORDER);
        long row3 = (init + Math.min(3, last) * initRow) & MASK;
        FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, ALL, row3, ORDER);
        long row4 = (init + Math.min(4, last) * initRow) & MASK;
        FloatVector c40 = FloatVector.fromMemorySegment(SPECIES, ALL, row4, ORDER);
        long row5 = (init + Math.min(5, last) * initRow) & MASK;
        FloatVector c50 = FloatVector.fromMemorySegment(SPECIES, ALL, row5, ORDER);
        for (int p = 0; p < k; p++) {
            a &= MASK;
            b &= MASK;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a));
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a1));
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a2));
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a3));
            c30 = x3.fma(b0, c30);
            FloatVector x4 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a4));
            c40 = x4.fma(b0, c40);
            FloatVector x5 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a5));
            c50 = x5.fma(b0, c50);
            a += aColumn;
            b += bRow;
        }
        long out0 = c & MASK;
        c00.intoMemorySegment(ALL, out0, ORDER);
        long out1 = (c + Math.min(1, last) * cRow) & MASK;
        c10.intoMemorySegment(ALL, out1, ORDER);
        long out2 = (c + Math.min(2, last) * cRow) & MASK;
        c20.intoMemorySegment(ALL, out2, ORDER);
        long out3 = (c + Math.min(3, last) * cRow) & MASK;
        c30.intoMemorySegment(ALL, out3, ORDER);
        long out4 = (c + Math.min(4, last) * cRow) & MASK;
        c40.intoMemorySegment(ALL, out4, ORDER);
        long out5 = (c + Math.min(5, last) * cRow) & MASK;
        c50.intoMemorySegment(ALL, out5, ORDER);
    }

    private static void tile3x2(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow) {
        int last = rows - 1;
        long a1 = (Math.min(1, last) * aRow) & MASK;
        long a2 = (Math.min(2, last) * aRow) & MASK;
        long row0 = init & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, row0, ORDER);
        FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, ALL, row0 + VECTOR, ORDER);
        long row1 = (init + Math.min(1, last) * initRow) & MASK;
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, row1, ORDER);
        FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, ALL, row1 + VECTOR, ORDER);
        long row2 = (init + Math.min(2, last) * initRow) & MASK;
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, row2, ORDER);
        FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, ALL, row2 + VECTOR, ORDER);
        // Not counted in a way that C2 knows: unrolled it keeps sums in memory.
        for (long left = k; left != 0; left = (left - 1) & MASK) {
            a &= MASK;
            b &= MASK;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, b + VECTOR, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a));
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a1));
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a2));
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            a += aColumn;
            b += bRow;
        }
        long out0 = c & MASK;
        c00.intoMemorySegment(ALL, out0, ORDER);
        c01.intoMemorySegment(ALL, out0 + VECTOR, ORDER);
        long out1 = (c + Math.min(1, last) * cRow) & MASK;
        c10.intoMemorySegment(ALL, out1, ORDER);
        c11.intoMemorySegment(ALL, out1 + VECTOR, ORDER);
        long out2 = (c + Math.min(2, last) * cRow) & MASK;
        c20.intoMemorySegment(ALL, out2, ORDER);
        c21.intoMemorySegment(ALL, out2 + VECTOR, ORDER);
    }

    private static void tile3x1(
            int rows,
            int k,
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long init,
            long initRow,
            long c,
            long cRow) {
        int last = rows - 1;
        long a1 = (Math.min(1, last) * aRow) & MASK;
        long a2 = (Math.min(2, last) * aRow) & MASK;
        long row0 = init & MASK;
        FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, ALL, row0, ORDER);
        long row1 = (init + Math.min(1, last) * initRow) & MASK;
        FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, ALL, row1, ORDER);
        long row2 = (init + Math.min(2, last) * initRow) & MASK;
        FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, ALL, row2, ORDER);
        for (int p = 0; p < k; p++) {
            a &= MASK;
            b &= MASK;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a));
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a1));
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, a + a2));
            c20 = x2.fma(b0, c20);
            a += aColumn;
            b += bRow;
        }
        long out0 = c & MASK;
        c00.intoMemorySegment(ALL, out0, ORDER);
        long out1 = (c + Math.min(1, last) * cRow) & MASK;
        c10.intoMemorySegment(ALL, out1, ORDER);
        long out2 = (c + Math.min(2, last) * cRow) & MASK;
        c20.intoMemorySegment(ALL, out2, ORDER);
    }
}
