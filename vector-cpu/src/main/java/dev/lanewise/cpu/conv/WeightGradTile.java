package dev.lanewise.cpu.conv;

import java.lang.foreign.MemorySegment;

/**
 * The micro-kernel of the direct weight gradient: {@link #CHANNELS} output channels by {@link #TAPS} taps, each a vector of
 * partial sums over a flat list of pixel vectors.
 */
final class WeightGradTile {
    private static final boolean WIDE = Vectors.BYTES >= 64;

    /** Output channels of a tile. */
    static final int CHANNELS = WIDE ? WeightGradTile4x6.CHANNELS : WeightGradTile3x3.CHANNELS;

    /** Taps of a tile. */
    static final int TAPS = WIDE ? WeightGradTile4x6.TAPS : WeightGradTile3x3.TAPS;

    /** Bytes of a tile's results, {@code [CHANNELS][TAPS][lanes]}. */
    static final long TILE_BYTES = (long) CHANNELS * TAPS * Vectors.BYTES;

    private WeightGradTile() {}

    /**
     * Computes {@code tile[i][j] = start[i][j] + sum over pixels of gy[i][pixel] * x[pixel + taps[j]]}, lane by lane.
     *
     * @param gy planes of the output's gradient
     * @param gyAt byte offset of the first of them
     * @param gyPlane bytes between two of them
     * @param x the input planes
     * @param xAt byte offset of the first
     * @param taps byte offsets of the taps, 64 bits each
     * @param tapsAt byte offset of the first
     * @param pixels for each step the byte offsets of its vector of pixels in x and in gy, 64 bits each
     * @param pixelsAt byte offset of the first
     * @param steps number of pixel vectors
     * @param start what the sums start from, laid out like the tile
     * @param startAt byte offset of it
     * @param tile receives the results
     */
    static void run(
            MemorySegment gy,
            long gyAt,
            long gyPlane,
            MemorySegment x,
            long xAt,
            MemorySegment taps,
            long tapsAt,
            MemorySegment pixels,
            long pixelsAt,
            int steps,
            MemorySegment start,
            long startAt,
            MemorySegment tile) {
        if (WIDE) {
            WeightGradTile4x6.run(
                    gy, gyAt, gyPlane, x, xAt, taps, tapsAt, pixels, pixelsAt, steps, start, startAt, tile);
        } else {
            WeightGradTile3x3.run(
                    gy, gyAt, gyPlane, x, xAt, taps, tapsAt, pixels, pixelsAt, steps, start, startAt, tile);
        }
    }
}
