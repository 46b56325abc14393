package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.INT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.memory.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Finds how much the outputs of a row of tiles see ({@link PixelMaxima}). The largest number of six rows and the sums that outputs
 * of four rows see are taken for all columns at once; ten reads are left for each tile, and one for each output of those tiles of which one
 * may see too little.
 *
 * <p>Columns are counted from the first tile's left edge; those outside the picture are zero.
 */
final class TileCheck implements AutoCloseable {
    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

    private final int left;
    private final int w;
    private final int columns;
    private final int outputs;
    private final Scratch memory;

    /** The largest magnitudes of a tile's rows, by column. */
    private final long largest;

    /** The sums of three rows, by column. */
    private final long sums;

    /** For each of four rows the sums of three by three pixels, by their first column. */
    private final long seen;

    /** The least of these of all rows. */
    private final long least;

    private final long rowBytes;
    private final int[] marks = new int[OutputMarks.OUTPUTS];
    private int rows;

    /**
     * A check of rows of tiles of pictures.
     *
     * @param left columns of the first tile left of the picture
     * @param w the picture's width
     * @param tiles the number of tiles in a row
     * @param outputs outputs in a row, of which the last tile may have fewer than four
     */
    TileCheck(int left, int w, int tiles, int outputs) {
        this.left = left;
        this.w = w;
        this.outputs = outputs;
        // room for vectors that begin at the last column
        this.columns = Math.max(left + w, tiles * WinogradTransform.TILE + WinogradTransform.KERNEL - 1) + LANES;
        this.rowBytes = 4L * columns + BYTES;
        long bytes = (3 + WinogradTransform.TILE) * rowBytes;
        this.memory = Scratch.borrow(bytes);
        this.largest = memory.address();
        this.sums = largest + rowBytes;
        this.seen = sums + rowBytes;
        this.least = seen + WinogradTransform.TILE * rowBytes;
        Rows.clear(memory.address(), bytes / Float.BYTES);
    }

    @Override
    public void close() {
        memory.close();
    }

    /** Looks at the row of tiles whose first pixels are those of row y, of so many rows of outputs. */
    void measure(PixelMaxima pixels, int y, int rows) {
        this.rows = rows;
        takeLargest(pixels, y);
        for (int row = 0; row < rows; row++) {
            addRows(pixels, y + row);
            addColumns(seen + row * rowBytes, row == 0);
        }
    }

    /**
     * Marks the outputs of a tile, with one mark for all if they see so much that it never matters.
     *
     * @param enough what is more than any output needs to see
     */
    void mark(int tile, OutputMarks to, long place, int enough) {
        int first = tile * WinogradTransform.TILE;
        int most = 0;
        for (int column = first; column < first + WinogradTransform.POINTS; column++) {
            most = Math.max(most, ALL.get(INT, (largest + 4L * column) & MASK));
        }
        int width = Math.min(WinogradTransform.TILE, outputs - first);
        float scale = PixelMaxima.scale(most);
        boolean isUsual = most == 0 || scale != 0;
        // an infinite sum would be as large as any magnitude
        float size = isUsual ? Float.intBitsToFloat(most) : Float.NaN;
        int smallest = most == 0 ? OutputMarks.MOST : quotient(least(first, width), scale);
        if (smallest >= enough) {
            to.set(place, size, smallest);
            return;
        }
        for (int output = 0; output < OutputMarks.OUTPUTS; output++) {
            int row = output / WinogradTransform.TILE;
            int column = output % WinogradTransform.TILE;
            boolean isNone = row >= rows || column >= width;
            marks[output] = isNone ? OutputMarks.MOST : quotient(seen(row, first + column), scale);
        }
        to.set(place, size, marks);
    }

    /** The least sum of some columns; one that is not a number is beside a largest number that is none either. */
    private float least(int first, int width) {
        int bits = Integer.MAX_VALUE;
        for (int column = first; column < first + width; column++) {
            bits = Math.min(bits, ALL.get(INT, (least + 4L * column) & MASK));
        }
        return Float.intBitsToFloat(bits);
    }

    private float seen(int row, int column) {
        return ALL.get(FLOAT, (seen + row * rowBytes + 4L * column) & MASK);
    }

    private static int quotient(float sum, float scale) {
        // not a number times zero is none either
        return scale == 0 ? 0 : (int) Math.min((float) OutputMarks.MOST, sum * scale);
    }

    private void takeLargest(PixelMaxima pixels, int y) {
        int first = Math.max(y, pixels.firstY());
        int end = Math.min(y + WinogradTransform.POINTS, pixels.endY());
        long stride = 4L * w;
        for (int column = 0; column < w; column += LANES) {
            IntVector most = IntVector.zero(INTS);
            long at = pixels.magnitudes(first) + 4L * column;
            for (int row = first; row < end; row++) {
                most = most.max(IntVector.fromMemorySegment(INTS, ALL, at & MASK, ORDER));
                at += stride;
            }
            most.intoMemorySegment(ALL, (largest + 4L * (left + column)) & MASK, ORDER);
        }
        clearRight(largest);
    }

    /** Adds up three rows of sums from row y on. */
    private void addRows(PixelMaxima pixels, int y) {
        int first = Math.max(y, pixels.firstY());
        int end = Math.min(y + WinogradTransform.KERNEL, pixels.endY());
        long stride = 4L * w;
        for (int column = 0; column < w; column += LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            long at = pixels.sums(first) + 4L * column;
            for (int row = first; row < end; row++) {
                sum = sum.add(FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER));
                at += stride;
            }
            sum.intoMemorySegment(ALL, (sums + 4L * (left + column)) & MASK, ORDER);
        }
        clearRight(sums);
    }

    /** What lies right of the picture was written with the last vector. */
    private void clearRight(long row) {
        Rows.clear(row + 4L * (left + w), columns - left - w);
    }

    private void addColumns(long to, boolean first) {
        for (int column = 0; column < outputs; column += LANES) {
            long at = sums + 4L * column;
            FloatVector sum = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, (at + 4) & MASK, ORDER))
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, (at + 8) & MASK, ORDER));
            sum.intoMemorySegment(ALL, (to + 4L * column) & MASK, ORDER);
            // magnitudes compare as their bits do
            IntVector bits = sum.reinterpretAsInts();
            long smallest = (least + 4L * column) & MASK;
            if (!first) {
                bits = bits.min(IntVector.fromMemorySegment(INTS, ALL, smallest, ORDER));
            }
            bits.intoMemorySegment(ALL, smallest, ORDER);
        }
    }
}
