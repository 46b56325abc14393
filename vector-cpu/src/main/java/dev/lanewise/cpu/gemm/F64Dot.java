package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.memory.NativeMemory.ZEROS;

import dev.lanewise.cpu.Species;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Double-precision products with eight rows at a time: enough sums under way to hide the latency of the multiply-add. */
final class F64Dot implements DotKernel {
    private static final VectorSpecies<Double> SPECIES = Species.F64;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final int LANES = Species.F64_LANES;
    private static final long VECTOR = Species.VECTOR_BYTES;
    private static final int ROWS = 8;

    @Override
    public void run(int rows, int k, long x, long matrix, long matrixRow, long out) {
        for (int row = 0; row < rows; row += ROWS) {
            rows8(Math.min(ROWS, rows - row), k, x, matrix + row * matrixRow, matrixRow, out + (long) row * Double.BYTES);
        }
    }

    private static void rows8(int rows, int k, long x, long matrix, long matrixRow, long out) {
        int last = rows - 1;
        long row1 = (Math.min(1, last) * matrixRow) & MASK;
        long row2 = (Math.min(2, last) * matrixRow) & MASK;
        long row3 = (Math.min(3, last) * matrixRow) & MASK;
        long row4 = (Math.min(4, last) * matrixRow) & MASK;
        long row5 = (Math.min(5, last) * matrixRow) & MASK;
        long row6 = (Math.min(6, last) * matrixRow) & MASK;
        long row7 = (Math.min(7, last) * matrixRow) & MASK;
        DoubleVector sum0 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum1 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum2 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum3 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum4 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum5 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum6 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        DoubleVector sum7 = DoubleVector.fromMemorySegment(SPECIES, ALL, ZEROS, ORDER);
        int p = 0;
        for (; p <= k - LANES; p += LANES) {
            x &= MASK;
            matrix &= MASK;
            DoubleVector v = DoubleVector.fromMemorySegment(SPECIES, ALL, x, ORDER);
            sum0 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix, ORDER).fma(v, sum0);
            sum1 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row1, ORDER).fma(v, sum1);
            sum2 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row2, ORDER).fma(v, sum2);
            sum3 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row3, ORDER).fma(v, sum3);
            sum4 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row4, ORDER).fma(v, sum4);
            sum5 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row5, ORDER).fma(v, sum5);
            sum6 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row6, ORDER).fma(v, sum6);
            sum7 = DoubleVector.fromMemorySegment(SPECIES, ALL, matrix + row7, ORDER).fma(v, sum7);
            x += VECTOR;
            matrix += VECTOR;
        }
        int rest = k - p;
        store(sum7.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row7), out, Math.min(7, last));
        store(sum6.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row6), out, Math.min(6, last));
        store(sum5.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row5), out, Math.min(5, last));
        store(sum4.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row4), out, Math.min(4, last));
        store(sum3.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row3), out, Math.min(3, last));
        store(sum2.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row2), out, Math.min(2, last));
        store(sum1.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix + row1), out, Math.min(1, last));
        store(sum0.reduceLanes(VectorOperators.ADD) + dot(rest, x, matrix), out, Math.min(0, last));
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

    private static void store(double value, long out, int index) {
        ALL.set(ELEMENT, (out + (long) index * Double.BYTES) & MASK, value);
    }
}
