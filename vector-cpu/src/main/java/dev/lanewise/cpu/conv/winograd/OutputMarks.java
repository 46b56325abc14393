package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import java.lang.foreign.ValueLayout;

/**
 * How much each output of some tiles sees: the sum of magnitudes over its tile's largest number, rounded down. What is not an
 * output, at the lower and the right edge, sees {@link #MOST}.
 */
final class OutputMarks implements AutoCloseable {
    /** The largest mark. */
    static final int MOST = Short.MAX_VALUE;

    /** Outputs of a tile. */
    static final int OUTPUTS = WinogradTransform.TILE * WinogradTransform.TILE;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

    /** Of a tile: the largest number, the smallest mark, and those of all outputs. */
    private static final long TILE_BYTES = 4 + 2L * (2 + OUTPUTS);

    private final long tiles;
    private final Scratch memory;

    OutputMarks(long tiles) {
        this.tiles = tiles;
        this.memory = Scratch.borrow(TILE_BYTES * tiles);
    }

    @Override
    public void close() {
        memory.close();
    }

    private long at(long tile, int place) {
        return (memory.address() + TILE_BYTES * tile + 4 + 2L * place) & MASK;
    }

    private long largestAt(long tile) {
        return (memory.address() + TILE_BYTES * tile) & MASK;
    }

    /** The largest number of a tile; NaN, which proves nothing, if it is not a usual one. */
    float largest(long tile) {
        return ALL.get(FLOAT, largestAt(tile));
    }

    /**
     * Sets the marks of a tile, of which every one is set before any is read.
     *
     * @param largest the largest number; NaN if it is not a usual one
     */
    void set(long tile, float largest, int[] marks) {
        ALL.set(FLOAT, largestAt(tile), largest);
        int least = MOST;
        for (int output = 0; output < OUTPUTS; output++) {
            least = Math.min(least, marks[output]);
            ALL.set(SHORT, at(tile, 1 + output), (short) marks[output]);
        }
        ALL.set(SHORT, at(tile, 0), (short) least);
    }

    /** Sets one mark of a tile, none of whose outputs sees less, where outputs are never asked for more. */
    void set(long tile, float largest, int smallest) {
        ALL.set(FLOAT, largestAt(tile), largest);
        ALL.set(SHORT, at(tile, 0), (short) smallest);
    }

    /** The outputs that see less than needed, each as its tile's number times {@link #OUTPUTS} plus its own. */
    long[] below(int needed) {
        int count = 0;
        for (long tile = 0; tile < tiles; tile++) {
            for (int output = 0; isBelow(tile, needed) && output < OUTPUTS; output++) {
                count += isOutputBelow(tile, output, needed) ? 1 : 0;
            }
        }
        long[] found = new long[count];
        int next = 0;
        for (long tile = 0; next < count; tile++) {
            for (int output = 0; isBelow(tile, needed) && output < OUTPUTS; output++) {
                if (isOutputBelow(tile, output, needed)) {
                    found[next++] = tile * OUTPUTS + output;
                }
            }
        }
        return found;
    }

    /** Whether some output of a tile sees less than needed. */
    boolean isBelow(long tile, int needed) {
        return isBelow(tile, 0, needed);
    }

    /** Whether an output of a tile sees less than needed. */
    boolean isOutputBelow(long tile, int output, int needed) {
        return isBelow(tile, 1 + output, needed);
    }

    private boolean isBelow(long tile, int place, int needed) {
        return ALL.get(SHORT, at(tile, place)) < needed;
    }
}
