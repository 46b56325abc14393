// Generated from src/main/templates/gemm/MatrixVector.java.template: do not edit.
package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Scratch;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** Double-precision products of a vector and a matrix, eight rows of the matrix at a time: eight streams of memory. */
final class F64MatrixVector implements MatrixVectorKernel {
    private static final VectorSpecies<Double> SPECIES = Species.F64;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final int LANES = Species.F64_LANES;
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
                        out + (long) row * Double.BYTES,
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
        DoubleVector sum0 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum1 = sum0;
        DoubleVector sum2 = sum0;
        DoubleVector sum3 = sum0;
        DoubleVector sum4 = sum0;
        DoubleVector sum5 = sum0;
        DoubleVector sum6 = sum0;
        DoubleVector sum7 = sum0;
        int p = 0;
        for (; p <= k - LANES; p += LANES) {
            x &= MASK;
            matrix &= MASK;
            DoubleVector v = DoubleVector.fromMemorySegment(SPECIES, ALL, x, ORDER);
            sum0 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER).fma(v, sum0);
            sum1 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row1, ORDER)
                    .fma(v, sum1);
            sum2 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row2, ORDER)
                    .fma(v, sum2);
            sum3 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row3, ORDER)
                    .fma(v, sum3);
            sum4 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row4, ORDER)
                    .fma(v, sum4);
            sum5 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row5, ORDER)
                    .fma(v, sum5);
            sum6 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row6, ORDER)
                    .fma(v, sum6);
            sum7 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row7, ORDER)
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
            double sum = sum(lanes + row * VECTOR) + dot(k - p, x, matrix + row * matrixRow);
            ALL.set(ELEMENT, (out + (long) row * Double.BYTES) & MASK, sum);
        }
    }

    private static double sum(long vector) {
        double even = 0;
        double odd = 0;
        for (int lane = 0; lane < LANES; lane += 2) {
            even += ALL.get(ELEMENT, (vector + (long) lane * Double.BYTES) & MASK);
            odd += ALL.get(ELEMENT, (vector + (lane + 1L) * Double.BYTES) & MASK);
        }
        return even + odd;
    }

    @Override
    public void weightedSum(int rows, int columns, long x, long xStep, long matrix, long matrixRow, long out) {
        for (int j = 0; j < columns; j += LANES) {
            DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER)
                    .intoMemorySegment(ALL, (out + (long) j * Double.BYTES) & MASK, ORDER);
        }
        int whole = columns / LANES * LANES;
        int row = 0;
        for (; row + ROWS <= rows; row += ROWS) {
            addRows8(whole, x + row * xStep, xStep, matrix + row * matrixRow, matrixRow, out);
        }
        for (; row < rows; row++) {
            addRow(whole, ALL.get(ELEMENT, (x + row * xStep) & MASK), matrix + row * matrixRow, out);
        }
        long tail = (long) whole * Double.BYTES;
        for (int j = whole; j < columns; j++) {
            ALL.set(ELEMENT, (out + tail) & MASK, columnDot(rows, x, xStep, matrix + tail, matrixRow));
            tail += Double.BYTES;
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
        DoubleVector x0 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, x & MASK));
        DoubleVector x1 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + xStep) & MASK));
        DoubleVector x2 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 2 * xStep) & MASK));
        DoubleVector x3 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 3 * xStep) & MASK));
        DoubleVector x4 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 4 * xStep) & MASK));
        DoubleVector x5 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 5 * xStep) & MASK));
        DoubleVector x6 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 6 * xStep) & MASK));
        DoubleVector x7 = DoubleVector.broadcast(SPECIES, ALL.get(ELEMENT, (x + 7 * xStep) & MASK));
        for (int j = 0; j < columns; j += LANES) {
            matrix &= MASK;
            out &= MASK;
            DoubleVector sum = DoubleVector.fromMemorySegment(SPECIES, ALL, out, ORDER);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER).fma(x0, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row1, ORDER)
                    .fma(x1, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row2, ORDER)
                    .fma(x2, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row3, ORDER)
                    .fma(x3, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row4, ORDER)
                    .fma(x4, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row5, ORDER)
                    .fma(x5, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row6, ORDER)
                    .fma(x6, sum);
            sum = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row7, ORDER)
                    .fma(x7, sum);
            sum.intoMemorySegment(ALL, out, ORDER);
            matrix += VECTOR;
            out += VECTOR;
        }
    }

    private static void addRow(int columns, double x, long matrix, long out) {
        for (int j = 0; j < columns; j += LANES) {
            matrix &= MASK;
            out &= MASK;
            DoubleVector sum = DoubleVector.fromMemorySegment(SPECIES, ALL, out, ORDER);
            DoubleVector row = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER);
            row.fma(DoubleVector.broadcast(SPECIES, x), sum).intoMemorySegment(ALL, out, ORDER);
            matrix += VECTOR;
            out += VECTOR;
        }
    }

    private static double columnDot(int rows, long x, long xStep, long column, long matrixRow) {
        double sum = 0;
        for (int row = 0; row < rows; row++) {
            sum = Math.fma(ALL.get(ELEMENT, x & MASK), ALL.get(ELEMENT, column & MASK), sum);
            x += xStep;
            column += matrixRow;
        }
        return sum;
    }

    private static double dot(int k, long x, long y) {
        double sum = 0;
        for (int p = 0; p < k; p++) {
            sum = Math.fma(ALL.get(ELEMENT, x & MASK), ALL.get(ELEMENT, y & MASK), sum);
            x += Double.BYTES;
            y += Double.BYTES;
        }
        return sum;
    }
}
