package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** Short runs of floats: copied, cleared, interleaved, by address. Counts are elements. */
public final class Rows {
    /** Lane i takes element 2i of two vectors one after the other. */
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(SPECIES, lane -> 2 * lane % LANES);

    /** Lane i of the upper half takes what {@link #EVEN} does, of a vector that begins one element earlier. */
    private static final VectorShuffle<Float> ODD_HIGH = VectorShuffle.fromOp(SPECIES, lane -> (2 * lane + 1) % LANES);

    /** Each element of the lower half twice. */
    private static final VectorShuffle<Float> TWICE_LOW = VectorShuffle.fromOp(SPECIES, lane -> lane / 2);

    private static final VectorShuffle<Float> TWICE_HIGH = VectorShuffle.fromOp(SPECIES, lane -> LANES / 2 + lane / 2);
    private static final VectorMask<Float> UPPER =
            SPECIES.indexInRange(0, LANES / 2).not();
    private static final VectorMask<Float> ODD =
            VectorMask.fromLong(SPECIES, 0xaaaa_aaaa_aaaa_aaaaL & (1L << LANES) - 1);

    private Rows() {}

    public static void copy(long from, long to, int count) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                ALL.set(FLOAT, (to + 4L * i) & MASK, ALL.get(FLOAT, (from + 4L * i) & MASK));
            }
            return;
        }
        long last = 4L * (count - LANES);
        for (long at = 0; at < last; at += BYTES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, (from + at) & MASK, ORDER)
                    .intoMemorySegment(ALL, (to + at) & MASK, ORDER);
        }
        // The last vector overlaps the one before it: no tail.
        FloatVector.fromMemorySegment(SPECIES, ALL, (from + last) & MASK, ORDER)
                .intoMemorySegment(ALL, (to + last) & MASK, ORDER);
    }

    /**
     * Copies rows of {@code width} elements, {@code pitch} apart, to a dense place. A vector more than the last row may be read.
     */
    static void copyRows(long from, int pitch, int rows, int width, long to) {
        long end = to + 4L * rows * width;
        for (int row = 0; row < rows; row++) {
            long source = from + 4L * row * pitch;
            long target = to + 4L * row * width;
            if (target + Vectors.roundUp(width, LANES) * 4 > end) {
                copy(source, target, width);
                continue;
            }
            // what is written past a row's end, the next row replaces
            for (long at = 0; at < 4L * width; at += BYTES) {
                FloatVector.fromMemorySegment(SPECIES, ALL, (source + at) & MASK, ORDER)
                        .intoMemorySegment(ALL, (target + at) & MASK, ORDER);
            }
        }
    }

    /** Writes {@code before} zeros, a copy of {@code count} elements and {@code after} zeros. */
    public static void copyPadded(long from, int count, long to, int before, int after) {
        for (int i = 0; i < before; i++) {
            ALL.set(FLOAT, (to + 4L * i) & MASK, 0f);
        }
        long start = to + 4L * before;
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4L * i) & MASK, ORDER)
                    .intoMemorySegment(ALL, (start + 4L * i) & MASK, ORDER);
        }
        int rest = count + after - i;
        if (rest == 0) {
            return;
        }
        if (rest <= LANES) {
            VectorMask<Float> written = SPECIES.indexInRange(0, rest);
            FloatVector.fromMemorySegment(
                            SPECIES, ALL, (from + 4L * i) & MASK, ORDER, SPECIES.indexInRange(0, count - i))
                    .intoMemorySegment(ALL, (start + 4L * i) & MASK, ORDER, written);
            return;
        }
        copy(from + 4L * i, start + 4L * i, count - i);
        clear(start + 4L * count, after);
    }

    public static void clear(long to, long count) {
        if (count < LANES) {
            for (int i = 0; i < count; i++) {
                ALL.set(FLOAT, (to + 4L * i) & MASK, 0f);
            }
            return;
        }
        FloatVector zero = FloatVector.zero(SPECIES);
        long last = 4L * (count - LANES);
        for (long at = 0; at < last; at += BYTES) {
            zero.intoMemorySegment(ALL, (to + at) & MASK, ORDER);
        }
        zero.intoMemorySegment(ALL, (to + last) & MASK, ORDER);
    }

    /** Copies every {@code step}-th element of {@code from}. */
    public static void gather(long from, int step, long to, int count) {
        if (step == 2) {
            gatherPairs(from, to, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            ALL.set(FLOAT, (to + 4L * i) & MASK, ALL.get(FLOAT, (from + 4L * step * i) & MASK));
        }
    }

    private static void gatherPairs(long from, long to, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            long at = from + 8L * i;
            FloatVector low = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER);
            // Ends with the last element taken: nothing is read after it.
            FloatVector high = FloatVector.fromMemorySegment(SPECIES, ALL, (at + BYTES - 4) & MASK, ORDER);
            low.rearrange(EVEN)
                    .blend(high.rearrange(ODD_HIGH), UPPER)
                    .intoMemorySegment(ALL, (to + 4L * i) & MASK, ORDER);
        }
        if (i < count) {
            gatherLastPairs(from, to, i, count);
        }
    }

    private static void gatherLastPairs(long from, long to, int i, int count) {
        // Nothing is read after the last element taken.
        int read = 2 * (count - i) - 1;
        VectorMask<Float> first = SPECIES.indexInRange(0, read);
        VectorMask<Float> second = SPECIES.indexInRange(LANES, read);
        long at = from + 8L * i;
        FloatVector low = FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER, first);
        FloatVector high = FloatVector.fromMemorySegment(SPECIES, ALL, (at + BYTES) & MASK, ORDER, second);
        low.rearrange(EVEN)
                .blend(high.rearrange(EVEN), UPPER)
                .intoMemorySegment(ALL, (to + 4L * i) & MASK, ORDER, SPECIES.indexInRange(i, count));
    }

    /** Copies to every {@code step}-th element of {@code to}. */
    public static void scatter(long from, long to, int step, int count) {
        for (int i = 0; i < count; i++) {
            ALL.set(FLOAT, (to + 4L * step * i) & MASK, ALL.get(FLOAT, (from + 4L * i) & MASK));
        }
    }

    /** Writes {@code count} elements taken in turns from {@code even} and {@code odd}. */
    public static void interleave(long even, long odd, long to, int count) {
        int pairs = count / 2;
        for (int i = 0; i < pairs; i += LANES) {
            VectorMask<Float> read = SPECIES.indexInRange(i, pairs);
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, ALL, (even + 4L * i) & MASK, ORDER, read);
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, ALL, (odd + 4L * i) & MASK, ORDER, read);
            long at = to + 8L * i;
            a.rearrange(TWICE_LOW)
                    .blend(b.rearrange(TWICE_LOW), ODD)
                    .intoMemorySegment(ALL, at & MASK, ORDER, SPECIES.indexInRange(2 * i, 2 * pairs));
            a.rearrange(TWICE_HIGH)
                    .blend(b.rearrange(TWICE_HIGH), ODD)
                    .intoMemorySegment(ALL, (at + BYTES) & MASK, ORDER, SPECIES.indexInRange(2 * i + LANES, 2 * pairs));
        }
        if (count % 2 == 1) {
            ALL.set(FLOAT, (to + 8L * pairs) & MASK, ALL.get(FLOAT, (even + 4L * pairs) & MASK));
        }
    }

    /** Adds {@code from} to {@code to}. */
    public static void add(long from, long to, long count) {
        long i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, (to + 4 * i) & MASK, ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4 * i) & MASK, ORDER))
                    .intoMemorySegment(ALL, (to + 4 * i) & MASK, ORDER);
        }
        for (; i < count; i++) {
            ALL.set(
                    FLOAT,
                    (to + 4 * i) & MASK,
                    ALL.get(FLOAT, (to + 4 * i) & MASK) + ALL.get(FLOAT, (from + 4 * i) & MASK));
        }
    }

    /**
     * Adds {@code from} to {@code to}, and what that rounds off to {@code lost} (Knuth, "The Art of Computer Programming", volume 2,
     * 4.2.2, theorem B): in whole vectors.
     */
    public static void addExactly(long from, long to, long lost, long count) {
        for (long i = 0; i < count; i += LANES) {
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, ALL, (to + 4 * i) & MASK, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4 * i) & MASK, ORDER);
            FloatVector sum = a.add(b);
            FloatVector added = sum.sub(a);
            FloatVector error = a.sub(sum.sub(added)).add(b.sub(added));
            sum.intoMemorySegment(ALL, (to + 4 * i) & MASK, ORDER);
            FloatVector.fromMemorySegment(SPECIES, ALL, (lost + 4 * i) & MASK, ORDER)
                    .add(error)
                    .intoMemorySegment(ALL, (lost + 4 * i) & MASK, ORDER);
        }
    }

    /** Returns the float at an address. */
    public static float read(long at) {
        return ALL.get(FLOAT, at & MASK);
    }

    /** Adds a number to {@code count} floats. */
    public static void add(float number, long to, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, ALL, (to + 4L * i) & MASK, ORDER)
                    .add(number)
                    .intoMemorySegment(ALL, (to + 4L * i) & MASK, ORDER);
        }
        for (; i < count; i++) {
            ALL.set(FLOAT, (to + 4L * i) & MASK, ALL.get(FLOAT, (to + 4L * i) & MASK) + number);
        }
    }
}
