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
 * Finds the tiles of a row of tiles in which some output sees too little ({@link PixelMaxima}). The largest number of six rows
 * and the sums that outputs of four rows see are taken for all columns at once; ten reads are left for each tile.
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

    /** The least sum of three by three pixels, by their first column. */
    private final long least;

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
        long bytes = 4L * columns + BYTES;
        this.memory = Scratch.borrow(3 * bytes);
        this.largest = memory.address();
        this.sums = largest + bytes;
        this.least = sums + bytes;
        Rows.clear(memory.address(), 3 * bytes / Float.BYTES);
    }

    @Override
    public void close() {
        memory.close();
    }

    /** Looks at the row of tiles whose first pixels are those of row y, of so many rows of outputs. */
    void measure(PixelMaxima pixels, int y, int rows) {
        takeLargest(pixels, y);
        for (int row = 0; row < rows; row++) {
            addRows(pixels, y + row);
            takeLeast(row == 0);
        }
    }

    /** Whether each output of a tile sees enough. */
    boolean isEven(int tile) {
        int first = tile * WinogradTransform.TILE;
        int most = 0;
        for (int column = first; column < first + WinogradTransform.POINTS; column++) {
            most = Math.max(most, ALL.get(INT, (largest + 4L * column) & MASK));
        }
        float seen = Float.POSITIVE_INFINITY;
        for (int column = first; column < Math.min(first + WinogradTransform.TILE, outputs); column++) {
            seen = Math.min(seen, ALL.get(FLOAT, (least + 4L * column) & MASK));
        }
        return PixelMaxima.isSeen(most, seen);
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

    private void takeLeast(boolean first) {
        for (int column = 0; column < outputs; column += LANES) {
            long at = sums + 4L * column;
            FloatVector sum = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, (at + 4) & MASK, ORDER))
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, (at + 8) & MASK, ORDER));
            long to = least + 4L * column;
            if (!first) {
                sum = sum.min(FloatVector.fromMemorySegment(SPECIES, ALL, to & MASK, ORDER));
            }
            sum.intoMemorySegment(ALL, to & MASK, ORDER);
        }
    }
}
