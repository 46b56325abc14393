package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Each pixel's largest magnitude over all channels, for a band of rows: what tells where Winograd's transforms are exact
 * enough. They add up pixels of a whole tile, so an output's error is a rounding error of the largest number in its tile,
 * where that of a sum by the definition is one of the 3x3 pixels that it sees. Only where the first is much larger than the
 * second does it matter.
 *
 * <p>The magnitudes are the bits of floats without a sign, in whose order infinity comes after all numbers and NaN after
 * infinity.
 *
 * @param address of the first row's magnitudes
 * @param w pixels in a row
 * @param firstY the first row
 * @param endY the row after the last
 */
public record PixelMaxima(long address, int w, int firstY, int endY) {
    /** How much larger a tile's largest number may be than what an output sees: three of the 24 bits. */
    public static final float MOST = 8;

    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    /** Beyond these the transforms' factors, up to 100 and down to 1/576, may leave the range of floats. */
    private static final int TINY = Float.floatToRawIntBits(0x1p-80f);

    private static final int HUGE = Float.floatToRawIntBits(0x1p55f);

    /** Takes in one element of the pixel at {@code maximum}. */
    public static void update(long maximum, float value) {
        int bits = Float.floatToRawIntBits(value) & Integer.MAX_VALUE;
        ALL.set(INT, maximum & MASK, Math.max(bits, ALL.get(INT, maximum & MASK)));
    }

    /** Takes in {@code channels} vectors of neighbouring pixels, whose planes lie {@code plane} bytes apart. */
    public static void update(long maxima, long planes, long plane, int channels) {
        IntVector most = IntVector.fromMemorySegment(INTS, ALL, maxima & MASK, ORDER);
        for (int channel = 0; channel < channels; channel++) {
            FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, (planes + channel * plane) & MASK, ORDER);
            most = most.max(x.abs().reinterpretAsInts());
        }
        most.intoMemorySegment(ALL, maxima & MASK, ORDER);
    }

    /** The smallest magnitude of a pixel in the lower half, the largest in the upper half. */
    private static long range(int smallest, int largest) {
        return (long) largest << 32 | smallest;
    }

    public static float largest(long range) {
        return Float.intBitsToFloat((int) (range >>> 32));
    }

    public static float smallest(long range) {
        return Float.intBitsToFloat((int) range);
    }

    /** The larger of two ranges' ends, each for itself. */
    public static long most(long a, long b) {
        return range(Math.max((int) a, (int) b), Math.max((int) (a >>> 32), (int) (b >>> 32)));
    }

    /** The range of all pixels. */
    public long range() {
        int pixels = (endY - firstY) * w;
        if (pixels < LANES) {
            return range(firstY, endY, 0, w);
        }
        IntVector most = load(0);
        IntVector least = most;
        for (int i = LANES; i < pixels; i += LANES) {
            IntVector x = load(Math.min(i, pixels - LANES));
            most = most.max(x);
            least = least.min(x);
        }
        return range(least.reduceLanes(VectorOperators.MIN), most.reduceLanes(VectorOperators.MAX));
    }

    /** The range of the pixels of a rectangle, as far as it is inside; of none an empty one. */
    public long range(int top, int bottom, int left, int right) {
        int largest = 0;
        int smallest = Integer.MAX_VALUE;
        for (int y = Math.max(top, firstY); y < Math.min(bottom, endY); y++) {
            for (int x = Math.max(left, 0); x < Math.min(right, w); x++) {
                int bits = ALL.get(INT, (address + 4L * ((long) (y - firstY) * w + x)) & MASK);
                largest = Math.max(largest, bits);
                smallest = Math.min(smallest, bits);
            }
        }
        return range(Math.min(largest, smallest), largest);
    }

    /** Whether no number is much larger than any pixel; so are zeros only. */
    public static boolean isEven(long range) {
        return largest(range) == 0 || isUsual(range) && largest(range) <= MOST * smallest(range);
    }

    private static boolean isUsual(long range) {
        int largest = (int) (range >>> 32);
        return largest >= TINY && largest <= HUGE;
    }

    /**
     * Whether no number of the tile at row y and column x is much larger than what any of its outputs sees.
     *
     * @param rows of outputs
     * @param columns of outputs
     */
    public boolean isTileEven(int y, int x, int rows, int columns) {
        long tile = range(y, y + WinogradTransform.POINTS, x, x + WinogradTransform.POINTS);
        if (isEven(tile)) {
            return true;
        }
        if (!isUsual(tile)) {
            return false;
        }
        for (int i = y; i < y + rows; i++) {
            for (int j = x; j < x + columns; j++) {
                long seen = range(i, i + WinogradTransform.KERNEL, j, j + WinogradTransform.KERNEL);
                if (!(largest(tile) <= MOST * largest(seen))) {
                    return false;
                }
            }
        }
        return true;
    }

    private IntVector load(int pixel) {
        return IntVector.fromMemorySegment(INTS, ALL, (address + 4L * pixel) & MASK, ORDER);
    }

    /** How many bytes the magnitudes of a number of pixels take. */
    public static long bytes(int pixels) {
        return Math.max(4L * pixels, BYTES);
    }
}
