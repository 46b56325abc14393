// Generated from src/main/templates/gemm/MatrixVector.java.template: do not edit.
package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Scratch;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Single-precision products of a vector and a matrix, eight rows of the matrix at a time: eight streams of memory. */
final class F32MatrixVector implements MatrixVectorKernel {
    private static final VectorSpecies<Float> SPECIES = Species.F32;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int LANES = Species.F32_LANES;
    private static final long VECTOR = Species.VECTOR_BYTES;
    private static final int ROWS = 8;

    @Override
    public void dots(int rows, int k, long x, long matrix, long matrixRow, long out) {
        try (Scratch lanes = Scratch.borrow(ROWS * VECTOR)) {
            for (int row = 0; row < rows; row += ROWS) {
                rows8(
                        Math.min(ROWS, rows - row),
                        k,
                        x,
                        matrix + row * matrixRow,
                        matrixRow,
                        out + (long) row * Float.BYTES,
                        lanes.address());
            }
        }
    }

    private static void rows8(int rows, int k, long x, long matrix, long matrixRow, long out, long lanes) {
        int last = rows - 1;
        long row1 = (Math.min(1, last) * matrixRow) & MASK;
        long row2 = (Math.min(2, last) * matrixRow) & MASK;
        long row3 = (Math.min(3, last) * matrixRow) & MASK;
        long row4 = (Math.min(4, last) * matrixRow) & MASK;
        long row5 = (Math.min(5, last) * matrixRow) & MASK;
        long row6 = (Math.min(6, last) * matrixRow) & MASK;
        long row7 = (Math.min(7, last) * matrixRow) & MASK;
        FloatVector sum0 = FloatVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        FloatVector sum1 = sum0;
        FloatVector sum2 = sum0;
        FloatVector sum3 = sum0;
        FloatVector sum4 = sum0;
        FloatVector sum5 = sum0;
        FloatVector sum6 = sum0;
        FloatVector sum7 = sum0;
        int p = 0;
        for (; p <= k - LANES; p += LANES) {
            x &= MASK;
            matrix &= MASK;
            FloatVector v = FloatVector.fromMemorySegment(SPECIES, ALL, x, ORDER);
            sum0 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER).fma(v, sum0);
            sum1 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row1, ORDER)
                    .fma(v, sum1);
            sum2 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row2, ORDER)
                    .fma(v, sum2);
            sum3 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row3, ORDER)
                    .fma(v, sum3);
            sum4 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row4, ORDER)
                    .fma(v, sum4);
            sum5 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row5, ORDER)
                    .fma(v, sum5);
            sum6 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row6, ORDER)
                    .fma(v, sum6);
            sum7 = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row7, ORDER)
                    .fma(v, sum7);
            x += VECTOR;
            matrix += VECTOR;
        }
        sum0.intoMemorySegment(ALL, (lanes + 0 * VECTOR) & MASK, ORDER);
        sum1.intoMemorySegment(ALL, (lanes + 1 * VECTOR) & MASK, ORDER);
        sum2.intoMemorySegment(ALL, (lanes + 2 * VECTOR) & MASK, ORDER);
        sum3.intoMemorySegment(ALL, (lanes + 3 * VECTOR) & MASK, ORDER);
        sum4.intoMemorySegment(ALL, (lanes + 4 * VECTOR) & MASK, ORDER);
        sum5.intoMemorySegment(ALL, (lanes + 5 * VECTOR) & MASK, ORDER);
        sum6.intoMemorySegment(ALL, (lanes + 6 * VECTOR) & MASK, ORDER);
        sum7.intoMemorySegment(ALL, (lanes + 7 * VECTOR) & MASK, ORDER);
        for (int row = 0; row <= last; row++) {
            float sum = sum(lanes + row * VECTOR) + dot(k - p, x, matrix + row * matrixRow);
            ALL.set(ELEMENT, (out + (long) row * Float.BYTES) & MASK, sum);
        }
    }

    private static float sum(long vector) {
        float even = 0;
        float odd = 0;
        for (int lane = 0; lane < LANES; lane += 2) {
            even += ALL.get(ELEMENT, (vector + (long) lane * Float.BYTES) & MASK);
            odd += ALL.get(ELEMENT, (vector + (lane + 1L) * Float.BYTES) & MASK);
        }
        return even + odd;
    }

    @Override
    public void weightedSum(int rows, int columns, long x, long xStep, long matrix, long matrixRow, long out) {
        for (int j = 0; j < columns; j += LANES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER)
                    .intoMemorySegment(ALL, (out + (long) j * Float.BYTES) & MASK, ORDER);
        }
        int whole = columns / LANES * LANES;
        int row = 0;
        for (; row + ROWS <= rows; row += ROWS) {
            addRows8(whole, x + row * xStep, xStep, matrix + row * matrixRow, matrixRow, out);
        }
        for (; row < rows; row++) {
            addRow(whole, ALL.get(ELEMENT, (x + row * xStep) & MASK), matrix + row * matrixRow, out);
        }
        long tail = (long) whole * Float.BYTES;
        for (int j = whole; j < columns; j++) {
            ALL.set(ELEMENT, (out + tail) & MASK, columnDot(rows, x, xStep, matrix + tail, matrixRow));
            tail += Float.BYTES;
        }
    }

    private static void addRows8(int columns, long x, long xStep, long matrix, long matrixRow, long out) {
        long row1 = matrixRow & MASK;
        long row2 = (2 * matrixRow) & MASK;
        long row3 = (3 * matrixRow) & MASK;
        long row4 = (4 * matrixRow) & MASK;
        long row5 = (5 * matrixRow) & MASK;
        long row6 = (6 * matrixRow) & MASK;
        long row7 = (7 * matrixRow) & MASK;
        FloatVector x0 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, x & MASK));
        FloatVector x1 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + xStep) & MASK));
        FloatVector x2 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 2 * xStep) & MASK));
        FloatVector x3 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 3 * xStep) & MASK));
        FloatVector x4 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 4 * xStep) & MASK));
        FloatVector x5 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 5 * xStep) & MASK));
        FloatVector x6 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 6 * xStep) & MASK));
        FloatVector x7 = FloatVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 7 * xStep) & MASK));
        for (int j = 0; j < columns; j += LANES) {
            matrix &= MASK;
            out &= MASK;
            FloatVector sum = FloatVector.fromMemorySegment(SPECIES, ALL, out, ORDER);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER).fma(x0, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row1, ORDER)
                    .fma(x1, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row2, ORDER)
                    .fma(x2, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row3, ORDER)
                    .fma(x3, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row4, ORDER)
                    .fma(x4, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row5, ORDER)
                    .fma(x5, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row6, ORDER)
                    .fma(x6, sum);
            sum = FloatVector.fromMemorySegment(SPECIES, ALL, matrix + row7, ORDER)
                    .fma(x7, sum);
            sum.intoMemorySegment(ALL, out, ORDER);
            matrix += VECTOR;
            out += VECTOR;
        }
    }

    private static void addRow(int columns, float x, long matrix, long out) {
        for (int j = 0; j < columns; j += LANES) {
            matrix &= MASK;
            out &= MASK;
            FloatVector sum = FloatVector.fromMemorySegment(SPECIES, ALL, out, ORDER);
            FloatVector row = FloatVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER);
            row.fma(FloatVector.broadcast(SPECIES, x), sum).intoMemorySegment(ALL, out, ORDER);
            matrix += VECTOR;
            out += VECTOR;
        }
    }

    private static float columnDot(int rows, long x, long xStep, long column, long matrixRow) {
        float sum = 0;
        for (int row = 0; row < rows; row++) {
            sum = Math.fma(ALL.get(ELEMENT, x & MASK), ALL.get(ELEMENT, column & MASK), sum);
            x += xStep;
            column += matrixRow;
        }
        return sum;
    }

    private static float dot(int k, long x, long y) {
        float sum = 0;
        for (int p = 0; p < k; p++) {
            sum = Math.fma(ALL.get(ELEMENT, x & MASK), ALL.get(ELEMENT, y & MASK), sum);
            x += Float.BYTES;
            y += Float.BYTES;
        }
        return sum;
    }
}
