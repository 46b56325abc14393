package dev.lanewise.cpu.conv;

import java.lang.foreign.MemorySegment;

/**
 * The micro-kernel of the direct convolution: {@link #CHANNELS} output channels by three vectors of pixels, summed over one
 * flat list of taps (channel, row and column in one).
 */
final class DirectTile {
    private static final boolean WIDE = Vectors.BYTES >= 64;

    /** Output channels of a tile. */
    static final int CHANNELS = WIDE ? DirectTile8x3.CHANNELS : DirectTile4x3.CHANNELS;

    /** Vectors of pixels in a tile. */
    static final int VECTORS = 3;

    /** Bytes of a tile's results, {@code [CHANNELS][VECTORS][lanes]}. */
    static final long TILE_BYTES = (long) CHANNELS * VECTORS * Vectors.BYTES;

    private DirectTile() {}

    /**
     * Computes {@code tile[i][v] = start[i] + sum over steps of w[step][i] * x[xv + taps[step]]}.
     *
     * @param x the input planes
     * @param x0 byte offset of the first vector of pixels
     * @param x1 byte offset of the second
     * @param x2 byte offset of the third
     * @param taps byte offsets of the taps relative to a pixel, 64 bits each
     * @param tapsAt byte offset of the first
     * @param steps number of taps
     * @param w packed weights {@code [steps][CHANNELS]}
     * @param wAt byte offset of the first
     * @param start one vector for each channel
     * @param startAt byte offset of the first
     * @param tile receives the results
     * @param tileAt byte offset of the first
     */
    static void run(
            MemorySegment x,
            long x0,
            long x1,
            long x2,
            MemorySegment taps,
            long tapsAt,
            int steps,
            MemorySegment w,
            long wAt,
            MemorySegment start,
            long startAt,
            MemorySegment tile,
            long tileAt) {
        if (WIDE) {
            DirectTile8x3.run(x, x0, x1, x2, taps, tapsAt, steps, w, wAt, start, startAt, tile, tileAt);
        } else {
            DirectTile4x3.run(x, x0, x1, x2, taps, tapsAt, steps, w, wAt, start, startAt, tile, tileAt);
        }
    }
}
