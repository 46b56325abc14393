package dev.lanewise.cpu.conv;

/**
 * The micro-kernel of the direct convolution: {@link #CHANNELS} output channels by two vectors of pixels, summed over one
 * flat list of taps (channel, row and column in one).
 */
final class DirectTile {
    private static final boolean WIDE = Vectors.BYTES >= 64;

    /** Output channels of a tile. */
    static final int CHANNELS = WIDE ? DirectTile8x2.CHANNELS : DirectTile5x2.CHANNELS;

    /** Vectors of pixels in a tile. */
    static final int VECTORS = 2;

    /** Bytes of a tile's results, {@code [CHANNELS][VECTORS][lanes]}. */
    static final long TILE_BYTES = (long) CHANNELS * VECTORS * Vectors.BYTES;

    private DirectTile() {}

    /**
     * Computes {@code to[i][v] = start[i][v] + sum over steps of w[step][i] * x[xv + taps[step]]}. All places are addresses.
     *
     * @param x0 the first vector of pixels
     * @param x1 the second
     * @param taps byte offsets of the taps relative to a pixel, 64 bits each; one more may be read
     * @param steps number of taps
     * @param w packed weights {@code [steps][CHANNELS]}
     * @param start what the sums start from, laid out like a tile
     * @param to0 receives the first vector of the first channel
     * @param to1 receives the second vector of the first channel
     * @param toStep bytes from one channel's result to the next
     */
    static void run(long x0, long x1, long taps, int steps, long w, long start, long to0, long to1, long toStep) {
        if (WIDE) {
            DirectTile8x2.run(x0, x1, taps, steps, w, start, to0, to1, toStep);
        } else {
            DirectTile5x2.run(x0, x1, taps, steps, w, start, to0, to1, toStep);
        }
    }
}
