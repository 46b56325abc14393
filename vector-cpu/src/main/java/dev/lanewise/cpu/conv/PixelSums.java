package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;

/** The sums of depthwise convolutions with the channels in the lanes: one result of four vectors of channels at a time. */
final class PixelSums {
    /** Vectors of channels: as many sums hide the latency of an addition. */
    static final int VECTORS = 4;

    /** Channels of a block. */
    static final int CHANNELS = VECTORS * Vectors.LANES;

    /** Bytes of a position: all channels of a block. */
    static final long PIXEL = VECTORS * BYTES;

    private PixelSums() {}

    /**
     * Computes {@code to = start + sum over rows and columns of a[row][column] * b[row][column]}, channel by channel. All places
     * are addresses, all strides bytes.
     *
     * @param a the first position of the left stack
     * @param aRow from one of its rows to the next
     * @param aColumn from one of its columns to the next
     * @param b the first position of the right stack
     * @param bRow from one of its rows to the next
     * @param bColumn from one of its columns to the next
     * @param rows number of rows
     * @param columns number of columns
     * @param start what the sums start from
     * @param to receives them
     */
    static void run(
            long a,
            long aRow,
            long aColumn,
            long b,
            long bRow,
            long bColumn,
            int rows,
            int columns,
            long start,
            long to) {
        long from = start & MASK;
        FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, ALL, from, ORDER);
        FloatVector c1 = FloatVector.fromMemorySegment(SPECIES, ALL, from + BYTES, ORDER);
        FloatVector c2 = FloatVector.fromMemorySegment(SPECIES, ALL, from + 2 * BYTES, ORDER);
        FloatVector c3 = FloatVector.fromMemorySegment(SPECIES, ALL, from + 3 * BYTES, ORDER);
        for (int row = 0; row < rows; row++) {
            long x = a + row * aRow;
            long y = b + row * bRow;
            long end = y + columns * bColumn;
            while (y != end) {
                x &= MASK;
                y &= MASK;
                c0 = FloatVector.fromMemorySegment(SPECIES, ALL, x, ORDER)
                        .fma(FloatVector.fromMemorySegment(SPECIES, ALL, y, ORDER), c0);
                c1 = FloatVector.fromMemorySegment(SPECIES, ALL, x + BYTES, ORDER)
                        .fma(FloatVector.fromMemorySegment(SPECIES, ALL, y + BYTES, ORDER), c1);
                c2 = FloatVector.fromMemorySegment(SPECIES, ALL, x + 2 * BYTES, ORDER)
                        .fma(FloatVector.fromMemorySegment(SPECIES, ALL, y + 2 * BYTES, ORDER), c2);
                c3 = FloatVector.fromMemorySegment(SPECIES, ALL, x + 3 * BYTES, ORDER)
                        .fma(FloatVector.fromMemorySegment(SPECIES, ALL, y + 3 * BYTES, ORDER), c3);
                x += aColumn;
                y += bColumn;
            }
        }
        long at = to & MASK;
        c0.intoMemorySegment(ALL, at, ORDER);
        c1.intoMemorySegment(ALL, at + BYTES, ORDER);
        c2.intoMemorySegment(ALL, at + 2 * BYTES, ORDER);
        c3.intoMemorySegment(ALL, at + 3 * BYTES, ORDER);
    }
}
