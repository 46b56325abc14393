package dev.lanewise.cpu.conv;

/**
 * The micro-kernel of the direct weight gradient: {@link #CHANNELS} output channels by {@link #TAPS} taps, each a vector of
 * partial sums over a flat list of pixel vectors.
 */
final class WeightGradTile {
    private static final boolean WIDE = Vectors.BYTES >= 64;

    /** Output channels of a tile. */
    static final int CHANNELS = WIDE ? WeightGradTile4x4.CHANNELS : WeightGradTile3x3.CHANNELS;

    /** Taps of a tile. */
    static final int TAPS = WIDE ? WeightGradTile4x4.TAPS : WeightGradTile3x3.TAPS;

    /** Bytes of a tile's results, {@code [CHANNELS][TAPS][lanes]}. */
    static final long TILE_BYTES = (long) CHANNELS * TAPS * Vectors.BYTES;

    private WeightGradTile() {}

    /**
     * Computes {@code tile[i][j] = start[i][j] + sum over pixels of gy[i][pixel] * x[pixel + taps[j]]}, lane by lane. All
     * places are addresses.
     *
     * @param gy first plane of the output's gradient
     * @param gyPlane bytes between two of its planes
     * @param x the input planes
     * @param taps byte offsets of the taps, 64 bits each
     * @param pixels for each step the byte offsets of its vector of pixels in x and in gy, 64 bits each; one step
     *     more may be read
     * @param steps number of pixel vectors
     * @param start what the sums start from, laid out like the tile
     * @param tile receives the results
     */
    static void run(long gy, long gyPlane, long x, long taps, long pixels, int steps, long start, long tile) {
        if (WIDE) {
            WeightGradTile4x4.run(gy, gyPlane, x, taps, pixels, steps, start, tile);
        } else {
            WeightGradTile3x3.run(gy, gyPlane, x, taps, pixels, steps, start, tile);
        }
    }
}
