// Generated from src/main/templates/gemm/Finish.java.template: do not edit.
package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The end of double tiles: rows in whole vectors, the rest of a row with a mask. */
final class F64Finish implements Finish {
    private static final VectorSpecies<Double> SPECIES = Species.F64;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final int LANES = Species.F64_LANES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    @Override
    public void combine(
            int rows, int columns, long source, long sourceRow, long c, long cRow, double alpha, double beta) {
        for (int row = 0; row < rows; row++) {
            if (beta == 0) {
                scaleRow(columns, source + row * sourceRow, c + row * cRow, alpha);
            } else {
                combineRow(columns, source + row * sourceRow, c + row * cRow, alpha, beta);
            }
        }
    }

    @Override
    public void combineTransposed(
            int rows, int columns, long source, long sourceRow, long c, long cRow, double alpha, double beta) {
        for (int column = 0; column < columns; column++) {
            long from = source + (long) column * Double.BYTES;
            if (beta == 0) {
                scaleColumn(rows, from, sourceRow, c + column * cRow, alpha);
            } else {
                combineColumn(rows, from, sourceRow, c + column * cRow, alpha, beta);
            }
        }
    }

    @Override
    public void addPerColumn(int rows, int columns, long c, long cRow, long bias) {
        for (int row = 0; row < rows; row++) {
            addRow(columns, c + row * cRow, bias);
        }
    }

    @Override
    public void addPerRow(int rows, int columns, long c, long cRow, long bias) {
        for (int row = 0; row < rows; row++) {
            addScalar(columns, c + row * cRow, ALL.get(ELEMENT, (bias + (long) row * Double.BYTES) & MASK));
        }
    }

    @Override
    public void activate(int rows, int columns, long c, long cRow, Activation activation) {
        switch (activation) {
            case NONE -> {}
            case RELU -> {
                for (int row = 0; row < rows; row++) {
                    reluRow(columns, c + row * cRow);
                }
            }
        }
    }

    private static void scaleRow(int columns, long source, long c, double alpha) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            source &= MASK;
            c &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, source, ORDER)
                    .mul(alpha)
                    .intoMemorySegment(ALL, c, ORDER);
            source += VECTOR;
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Double> tail = SPECIES.indexInRange(column, columns);
            DoubleVector.fromMemorySegment(SPECIES, ALL, source & MASK, ORDER, tail)
                    .mul(alpha)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void combineRow(int columns, long source, long c, double alpha, double beta) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            source &= MASK;
            c &= MASK;
            DoubleVector scaled =
                    DoubleVector.fromMemorySegment(SPECIES, ALL, source, ORDER).mul(alpha);
            DoubleVector.fromMemorySegment(SPECIES, ALL, c, ORDER)
                    .mul(beta)
                    .add(scaled)
                    .intoMemorySegment(ALL, c, ORDER);
            source += VECTOR;
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Double> tail = SPECIES.indexInRange(column, columns);
            DoubleVector scaled = DoubleVector.fromMemorySegment(SPECIES, ALL, source & MASK, ORDER, tail)
                    .mul(alpha);
            DoubleVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .mul(beta)
                    .add(scaled)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void scaleColumn(int rows, long source, long sourceRow, long c, double alpha) {
        for (int row = 0; row < rows; row++) {
            ALL.set(ELEMENT, c & MASK, ALL.get(ELEMENT, source & MASK) * alpha);
            source += sourceRow;
            c += Double.BYTES;
        }
    }

    private static void combineColumn(int rows, long source, long sourceRow, long c, double alpha, double beta) {
        for (int row = 0; row < rows; row++) {
            ALL.set(ELEMENT, c & MASK, ALL.get(ELEMENT, c & MASK) * beta + ALL.get(ELEMENT, source & MASK) * alpha);
            source += sourceRow;
            c += Double.BYTES;
        }
    }

    private static void addRow(int columns, long c, long bias) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            bias &= MASK;
            c &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, c, ORDER)
                    .add(DoubleVector.fromMemorySegment(SPECIES, ALL, bias, ORDER))
                    .intoMemorySegment(ALL, c, ORDER);
            bias += VECTOR;
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Double> tail = SPECIES.indexInRange(column, columns);
            DoubleVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .add(DoubleVector.fromMemorySegment(SPECIES, ALL, bias & MASK, ORDER, tail))
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void addScalar(int columns, long c, double value) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            c &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, c, ORDER).add(value).intoMemorySegment(ALL, c, ORDER);
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Double> tail = SPECIES.indexInRange(column, columns);
            DoubleVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .add(value)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void reluRow(int columns, long c) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            c &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, c, ORDER)
                    .lanewise(VectorOperators.MAX, 0d)
                    .intoMemorySegment(ALL, c, ORDER);
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Double> tail = SPECIES.indexInRange(column, columns);
            DoubleVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .lanewise(VectorOperators.MAX, 0d)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }
}
