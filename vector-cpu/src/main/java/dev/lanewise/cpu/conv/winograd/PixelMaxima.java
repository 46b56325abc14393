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
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Each pixel's largest magnitude over all channels, and the sum of their magnitudes, for a band of rows: what tells where
 * Winograd's transforms are exact enough. They add up pixels of a whole tile, so an output's error is a rounding error of the
 * largest number in its tile, where that of a sum by the definition is one of the products that it sums. What an output sees
 * is enough only if it sums up to so many times that one number that it meets more than the kernel's smallest weights
 * ({@link TapEnergies}).
 *
 * <p>The sums follow the magnitudes. The magnitudes are the bits of floats without a sign, in whose order infinity comes after
 * all numbers and NaN after infinity.
 *
 * @param address of the first row's magnitudes
 * @param w pixels in a row
 * @param firstY the first row
 * @param endY the row after the last
 */
record PixelMaxima(long address, int w, int firstY, int endY) {
    /** How much larger the largest number of some tiles may be than the smallest pixel, for gradients of weights. */
    private static final float MOST = 4;

    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

    /** Beyond these the transforms' factors, up to 66 and down to 1/58, may leave the range of floats. */
    private static final int TINY = Float.floatToRawIntBits(0x1p-55f);

    private static final int HUGE = Float.floatToRawIntBits(0x1p55f);

    /** Takes in some channels, whose planes begin at an address and lie {@code plane} bytes apart. */
    void add(long planes, long plane, int channels) {
        int pixels = (endY - firstY) * w;
        if (pixels < LANES) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                addPixel(address + 4L * pixel, pixels, planes + 4L * pixel, plane, channels);
            }
            return;
        }
        for (int next = 0; next < pixels; next += LANES) {
            int pixel = Math.min(next, pixels - LANES);
            addVector(address + 4L * pixel, pixels, planes + 4L * pixel, plane, channels, next - pixel);
        }
    }

    private static void addPixel(long maximum, int pixels, long planes, long plane, int channels) {
        long sums = maximum + plane(pixels);
        int most = ALL.get(INT, maximum & MASK);
        float sum = ALL.get(FLOAT, sums & MASK);
        for (int channel = 0; channel < channels; channel++) {
            float size = Math.abs(Rows.read(planes + channel * plane));
            most = Math.max(most, Float.floatToRawIntBits(size));
            sum += size;
        }
        ALL.set(INT, maximum & MASK, most);
        ALL.set(FLOAT, sums & MASK, sum);
    }

    /** Takes in a vector of neighbouring pixels, of which the first {@code skipped} were taken in before. */
    private static void addVector(long maxima, int pixels, long planes, long plane, int channels, int skipped) {
        long sums = maxima + plane(pixels);
        IntVector most = IntVector.fromMemorySegment(INTS, ALL, maxima & MASK, ORDER);
        FloatVector before = FloatVector.fromMemorySegment(SPECIES, ALL, sums & MASK, ORDER);
        FloatVector sum = before;
        for (int channel = 0; channel < channels; channel++) {
            FloatVector size = FloatVector.fromMemorySegment(SPECIES, ALL, (planes + channel * plane) & MASK, ORDER)
                    .abs();
            most = most.max(size.reinterpretAsInts());
            sum = sum.add(size);
        }
        most.intoMemorySegment(ALL, maxima & MASK, ORDER);
        sum.intoMemorySegment(ALL, sums & MASK, ORDER);
        if (skipped > 0) {
            before.intoMemorySegment(ALL, sums & MASK, ORDER, SPECIES.indexInRange(0, skipped));
        }
    }

    /** Makes all magnitudes and sums zero. */
    void clear() {
        Rows.clear(address, bytes((endY - firstY) * w) / Float.BYTES);
    }

    /** The smallest magnitude of a pixel in the lower half, the largest in the upper half. */
    private static long range(int smallest, int largest) {
        return (long) largest << 32 | smallest;
    }

    static float largest(long range) {
        return Float.intBitsToFloat((int) (range >>> 32));
    }

    static float smallest(long range) {
        return Float.intBitsToFloat((int) range);
    }

    /** The larger of two ranges' ends, each for itself. */
    static long most(long a, long b) {
        return range(Math.max((int) a, (int) b), Math.max((int) (a >>> 32), (int) (b >>> 32)));
    }

    /** The range of all pixels. */
    long range() {
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
    long range(int top, int bottom, int left, int right) {
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

    /** Whether no number is much larger than any pixel's largest; so are zeros only. */
    static boolean isEven(long range) {
        return largest(range) == 0 || isUsual(range) && largest(range) <= MOST * smallest(range);
    }

    private static boolean isUsual(long range) {
        int largest = (int) (range >>> 32);
        return largest >= TINY && largest <= HUGE;
    }

    /** What a sum's quotient by a tile's largest number is, is multiplied by: 0 if that number is not usual. */
    static float scale(int largest) {
        return largest >= TINY && largest <= HUGE ? 1 / Float.intBitsToFloat(largest) : 0;
    }

    /** Where the magnitudes of a row begin, which is one of this band. */
    long magnitudes(int y) {
        return address + 4L * (y - firstY) * w;
    }

    /** Where the sums of a row begin, which is one of this band; a vector may be read from its last pixel. */
    long sums(int y) {
        return magnitudes(y) + plane((endY - firstY) * w);
    }

    private IntVector load(int pixel) {
        return IntVector.fromMemorySegment(INTS, ALL, (address + 4L * pixel) & MASK, ORDER);
    }

    /** How many bytes the magnitudes and sums of a number of pixels take, and a vector read from the last of them. */
    static long bytes(int pixels) {
        return 2 * plane(pixels) + BYTES;
    }

    private static long plane(int pixels) {
        return Math.max(4L * pixels, BYTES);
    }
}
