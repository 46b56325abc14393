// Generated from src/main/templates/gemm/Finish.java.template: do not edit.
package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The end of float tiles: rows in whole vectors, the rest of a row with a mask. */
final class F32Finish implements Finish {
    private static final VectorSpecies<Float> SPECIES = Species.F32;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int LANES = Species.F32_LANES;
    private static final long VECTOR = Species.VECTOR_BYTES;

    @Override
    public void combine(
            int rows, int columns, long source, long sourceRow, long c, long cRow, double alpha, double beta) {
        for (int row = 0; row < rows; row++) {
            if (beta == 0) {
                scaleRow(columns, source + row * sourceRow, c + row * cRow, (float) alpha);
            } else {
                combineRow(columns, source + row * sourceRow, c + row * cRow, (float) alpha, (float) beta);
            }
        }
    }

    @Override
    public void combineTransposed(
            int rows, int columns, long source, long sourceRow, long c, long cRow, double alpha, double beta) {
        for (int column = 0; column < columns; column++) {
            long from = source + (long) column * Float.BYTES;
            if (beta == 0) {
                scaleColumn(rows, from, sourceRow, c + column * cRow, (float) alpha);
            } else {
                combineColumn(rows, from, sourceRow, c + column * cRow, (float) alpha, (float) beta);
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
            addScalar(columns, c + row * cRow, ALL.get(ELEMENT, (bias + (long) row * Float.BYTES) & MASK));
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

    private static void scaleRow(int columns, long source, long c, float alpha) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            source &= MASK;
            c &= MASK;
            FloatVector.fromMemorySegment(SPECIES, ALL, source, ORDER)
                    .mul(alpha)
                    .intoMemorySegment(ALL, c, ORDER);
            source += VECTOR;
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Float> tail = SPECIES.indexInRange(column, columns);
            FloatVector.fromMemorySegment(SPECIES, ALL, source & MASK, ORDER, tail)
                    .mul(alpha)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void combineRow(int columns, long source, long c, float alpha, float beta) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            source &= MASK;
            c &= MASK;
            FloatVector scaled =
                    FloatVector.fromMemorySegment(SPECIES, ALL, source, ORDER).mul(alpha);
            FloatVector.fromMemorySegment(SPECIES, ALL, c, ORDER)
                    .mul(beta)
                    .add(scaled)
                    .intoMemorySegment(ALL, c, ORDER);
            source += VECTOR;
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Float> tail = SPECIES.indexInRange(column, columns);
            FloatVector scaled = FloatVector.fromMemorySegment(SPECIES, ALL, source & MASK, ORDER, tail)
                    .mul(alpha);
            FloatVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .mul(beta)
                    .add(scaled)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void scaleColumn(int rows, long source, long sourceRow, long c, float alpha) {
        for (int row = 0; row < rows; row++) {
            ALL.set(ELEMENT, c & MASK, ALL.get(ELEMENT, source & MASK) * alpha);
            source += sourceRow;
            c += Float.BYTES;
        }
    }

    private static void combineColumn(int rows, long source, long sourceRow, long c, float alpha, float beta) {
        for (int row = 0; row < rows; row++) {
            ALL.set(ELEMENT, c & MASK, ALL.get(ELEMENT, c & MASK) * beta + ALL.get(ELEMENT, source & MASK) * alpha);
            source += sourceRow;
            c += Float.BYTES;
        }
    }

    private static void addRow(int columns, long c, long bias) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            bias &= MASK;
            c &= MASK;
            FloatVector.fromMemorySegment(SPECIES, ALL, c, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, bias, ORDER))
                    .intoMemorySegment(ALL, c, ORDER);
            bias += VECTOR;
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Float> tail = SPECIES.indexInRange(column, columns);
            FloatVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, bias & MASK, ORDER, tail))
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void addScalar(int columns, long c, float value) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            c &= MASK;
            FloatVector.fromMemorySegment(SPECIES, ALL, c, ORDER).add(value).intoMemorySegment(ALL, c, ORDER);
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Float> tail = SPECIES.indexInRange(column, columns);
            FloatVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .add(value)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }

    private static void reluRow(int columns, long c) {
        int column = 0;
        for (; column <= columns - LANES; column += LANES) {
            c &= MASK;
            FloatVector.fromMemorySegment(SPECIES, ALL, c, ORDER)
                    .lanewise(VectorOperators.MAX, 0f)
                    .intoMemorySegment(ALL, c, ORDER);
            c += VECTOR;
        }
        if (column < columns) {
            VectorMask<Float> tail = SPECIES.indexInRange(column, columns);
            FloatVector.fromMemorySegment(SPECIES, ALL, c & MASK, ORDER, tail)
                    .lanewise(VectorOperators.MAX, 0f)
                    .intoMemorySegment(ALL, c & MASK, ORDER, tail);
        }
    }
}
