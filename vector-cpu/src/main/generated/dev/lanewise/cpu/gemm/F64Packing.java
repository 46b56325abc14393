// Generated from src/main/templates/gemm/Packing.java.template: do not edit.
package dev.lanewise.cpu.gemm;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** Packing of double panels. */
final class F64Packing implements Packing {
    private static final VectorSpecies<Double> SPECIES = Species.F64;
    private static final VectorSpecies<Double> EIGHT = DoubleVector.SPECIES_512;
    private static final ByteOrder ORDER = Species.ORDER;
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final long VECTOR = Species.VECTOR_BYTES;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int GROUP = 8;

    /** Columns of A that are copied for one tile after the other: their lines of the cache serve several. */
    private static final int CHUNK = 16;

    @Override
    public void pack(long source, long rowStride, long columnStride, int rows, int valid, int width, long target) {
        long targetRow = (long) width * Double.BYTES;
        if (columnStride == Double.BYTES && valid == width) {
            if (targetRow == VECTOR) {
                copyOneVector(source, rowStride, rows, target);
            } else {
                copyTwoVectors(source, rowStride, rows, target);
            }
            return;
        }
        int column = 0;
        for (; column + GROUP <= valid; column += GROUP) {
            gatherGroup(
                    source + column * columnStride,
                    rowStride,
                    columnStride,
                    rows,
                    target + (long) column * Double.BYTES,
                    targetRow);
        }
        for (; column < valid; column++) {
            gatherColumn(
                    source + column * columnStride, rowStride, rows, target + (long) column * Double.BYTES, targetRow);
        }
        for (; column < width; column++) {
            zeroColumn(rows, target + (long) column * Double.BYTES, targetRow);
        }
    }

    @Override
    public void packWhole(long source, long rowStride, int rows, int panels, long target) {
        long panelBytes = 2 * VECTOR * rows;
        for (int row = 0; row < rows; row++) {
            spreadRow(source + row * rowStride, panels, target + row * 2L * VECTOR, panelBytes);
        }
    }

    private static void spreadRow(long source, int panels, long target, long panelBytes) {
        for (int panel = 0; panel < panels; panel++) {
            source &= MASK;
            target &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, source, ORDER).intoMemorySegment(ALL, target, ORDER);
            DoubleVector.fromMemorySegment(SPECIES, ALL, source + VECTOR, ORDER)
                    .intoMemorySegment(ALL, target + VECTOR, ORDER);
            source += 2 * VECTOR;
            target += panelBytes;
        }
    }

    private static void copyOneVector(long source, long rowStride, int rows, long target) {
        for (int row = 0; row < rows; row++) {
            source &= MASK;
            target &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, source, ORDER).intoMemorySegment(ALL, target, ORDER);
            source += rowStride;
            target += VECTOR;
        }
    }

    private static void copyTwoVectors(long source, long rowStride, int rows, long target) {
        for (int row = 0; row < rows; row++) {
            source &= MASK;
            target &= MASK;
            DoubleVector.fromMemorySegment(SPECIES, ALL, source, ORDER).intoMemorySegment(ALL, target, ORDER);
            DoubleVector.fromMemorySegment(SPECIES, ALL, source + VECTOR, ORDER)
                    .intoMemorySegment(ALL, target + VECTOR, ORDER);
            source += rowStride;
            target += 2 * VECTOR;
        }
    }

    /** Eight columns at a time, so that eight elements next to each other are written together. */
    private static void gatherGroup(
            long source, long rowStride, long columnStride, int rows, long target, long targetRow) {
        long column1 = columnStride & MASK;
        long column2 = (2 * columnStride) & MASK;
        long column3 = (3 * columnStride) & MASK;
        long column4 = (4 * columnStride) & MASK;
        long column5 = (5 * columnStride) & MASK;
        long column6 = (6 * columnStride) & MASK;
        long column7 = (7 * columnStride) & MASK;
        for (int row = 0; row < rows; row++) {
            source &= MASK;
            target &= MASK;
            ALL.set(ELEMENT, target, ALL.get(ELEMENT, source));
            ALL.set(ELEMENT, target + Double.BYTES, ALL.get(ELEMENT, source + column1));
            ALL.set(ELEMENT, target + 2 * Double.BYTES, ALL.get(ELEMENT, source + column2));
            ALL.set(ELEMENT, target + 3 * Double.BYTES, ALL.get(ELEMENT, source + column3));
            ALL.set(ELEMENT, target + 4 * Double.BYTES, ALL.get(ELEMENT, source + column4));
            ALL.set(ELEMENT, target + 5 * Double.BYTES, ALL.get(ELEMENT, source + column5));
            ALL.set(ELEMENT, target + 6 * Double.BYTES, ALL.get(ELEMENT, source + column6));
            ALL.set(ELEMENT, target + 7 * Double.BYTES, ALL.get(ELEMENT, source + column7));
            source += rowStride;
            target += targetRow;
        }
    }

    private static void gatherColumn(long source, long rowStride, int rows, long target, long targetRow) {
        for (int row = 0; row < rows; row++) {
            ALL.set(ELEMENT, target & MASK, ALL.get(ELEMENT, source & MASK));
            source += rowStride;
            target += targetRow;
        }
    }

    private static void zeroColumn(int rows, long target, long targetRow) {
        for (int row = 0; row < rows; row++) {
            ALL.set(ELEMENT, target & MASK, 0d);
            target += targetRow;
        }
    }

    @Override
    public void packTiles(
            long source, long columnStride, int depth, int rows, int height, long target, long tileStep) {
        long column = (long) height * Double.BYTES;
        for (int p = 0; p < depth; p += CHUNK) {
            int count = Math.min(CHUNK, depth - p);
            for (int row = 0; row < rows; row += height) {
                long from = source + p * columnStride + (long) row * Double.BYTES;
                long to = target + row / height * tileStep + p * column;
                int valid = Math.min(height, rows - row);
                if (valid == 6 && height == 6) {
                    copySix(from, columnStride, count, to);
                } else if (valid == 8 && height == 8) {
                    copyEight(from, columnStride, count, to);
                } else {
                    copyPart(from, columnStride, count, valid * Double.BYTES, to, column);
                }
            }
        }
    }

    private static void copySix(long source, long columnStride, int columns, long target) {
        for (int column = 0; column < columns; column++) {
            source &= MASK;
            target &= MASK;
            ALL.set(LONG, target + 0 * Long.BYTES, ALL.get(LONG, source + 0 * Long.BYTES));
            ALL.set(LONG, target + 1 * Long.BYTES, ALL.get(LONG, source + 1 * Long.BYTES));
            ALL.set(LONG, target + 2 * Long.BYTES, ALL.get(LONG, source + 2 * Long.BYTES));
            ALL.set(LONG, target + 3 * Long.BYTES, ALL.get(LONG, source + 3 * Long.BYTES));
            ALL.set(LONG, target + 4 * Long.BYTES, ALL.get(LONG, source + 4 * Long.BYTES));
            ALL.set(LONG, target + 5 * Long.BYTES, ALL.get(LONG, source + 5 * Long.BYTES));
            source += columnStride;
            target += 6 * Double.BYTES;
        }
    }

    private static void copyEight(long source, long columnStride, int columns, long target) {
        for (int column = 0; column < columns; column++) {
            source &= MASK;
            target &= MASK;
            DoubleVector.fromMemorySegment(EIGHT, ALL, source, ORDER).intoMemorySegment(ALL, target, ORDER);
            source += columnStride;
            target += 8 * Double.BYTES;
        }
    }

    private static void copyPart(
            long source, long columnStride, int columns, int bytes, long target, long targetColumn) {
        for (int column = 0; column < columns; column++) {
            for (int i = 0; i < bytes; i += Double.BYTES) {
                ALL.set(ELEMENT, (target + i) & MASK, ALL.get(ELEMENT, (source + i) & MASK));
            }
            source += columnStride;
            target += targetColumn;
        }
    }
}
