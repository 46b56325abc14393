package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.PanelTile;
import dev.lanewise.cpu.conv.Vectors;

/**
 * Where the Winograd domain's values are: one matrix, tiles by channels, for each of the 36 positions. Its rows are whole
 * ({@code [tiles][channels]}, read one by one) or cut into panels of {@link PanelTile#COLUMNS} channels
 * ({@code [panels][tiles][COLUMNS]}, read as vectors).
 *
 * @param base address of the first value
 * @param position bytes between the matrices of two positions
 * @param tile bytes between two tiles
 * @param panel bytes between two panels
 */
record WinogradLayout(long base, long position, long tile, long panel) {
    /** Keeps the 36 matrices from starting in the same set of a cache. */
    private static final long SKEW = 192;

    static WinogradLayout rows(long base, int tiles, int channels) {
        // An odd number of cache lines: the same channels of many tiles are read together.
        long row = Vectors.roundUp(channels, Vectors.LANES) * 4 | 64;
        return new WinogradLayout(base, rowsPadded(tiles) * row + SKEW, row, 2 * Vectors.BYTES);
    }

    static WinogradLayout panels(long base, int tiles, int channels) {
        long row = 2 * Vectors.BYTES;
        long panel = rowsPadded(tiles) * row;
        return new WinogradLayout(base, Vectors.blocks(channels, PanelTile.COLUMNS) * panel + SKEW, row, panel);
    }

    private static long rowsPadded(int tiles) {
        return Vectors.roundUp(tiles, PanelTile.ROWS);
    }

    /** Returns the bytes of all positions. */
    long bytes() {
        return WinogradTransform.POSITIONS * position;
    }

    /** Returns this layout elsewhere. */
    WinogradLayout at(long newBase) {
        return new WinogradLayout(newBase, position, tile, panel);
    }

    /** Returns this layout from a tile on. */
    WinogradLayout from(long firstTile) {
        return at(base + firstTile * tile);
    }

    /** Returns where a vector of a tile's channels is, at position 0. */
    long address(int tileIndex, int vector) {
        return base + tileIndex * tile + (vector >> 1) * panel + (vector & 1) * Vectors.BYTES;
    }
}
