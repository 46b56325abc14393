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

/**
 * Between planes, {@code [channels][pixels]}, and pixels, {@code [pixels][channels]} with the channels in the lanes of
 * vectors: square blocks of vectors, exchanged in log2(lanes) rounds (Eklundh, "A Fast Computer Method for Matrix
 * Transposing", 1972). All places are addresses, all strides bytes.
 */
public final class Transposition {
    /** Bytes of scratch a call needs. */
    public static final long WORK_BYTES = (long) LANES * BYTES;

    private static final VectorShuffle<Float> SWAP_1 = swap(1);
    private static final VectorShuffle<Float> SWAP_2 = swap(2);
    private static final VectorShuffle<Float> SWAP_4 = swap(4);
    private static final VectorShuffle<Float> SWAP_8 = swap(8);
    private static final VectorMask<Float> HIGH_1 = high(1);
    private static final VectorMask<Float> HIGH_2 = high(2);
    private static final VectorMask<Float> HIGH_4 = high(4);
    private static final VectorMask<Float> HIGH_8 = high(8);
    private static final VectorMask<Float> LOW_1 = HIGH_1.not();
    private static final VectorMask<Float> LOW_2 = HIGH_2.not();
    private static final VectorMask<Float> LOW_4 = HIGH_4.not();
    private static final VectorMask<Float> LOW_8 = HIGH_8.not();

    private Transposition() {}

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ distance) % LANES);
    }

    private static VectorMask<Float> high(int distance) {
        boolean[] set = new boolean[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            set[lane] = (lane & distance) != 0;
        }
        return VectorMask.fromArray(SPECIES, set, 0);
    }

    /**
     * Writes {@code to[pixel][channel] = planes[channel][pixel]}. Lanes past the last channel, up to a whole vector, receive
     * other channels' values.
     *
     * @param planes the first pixel of the first plane
     * @param plane from one plane to the next
     * @param channels number of planes
     * @param pixels number of pixels
     * @param to receives the pixels
     * @param toRow from one pixel to the next
     * @param work scratch
     */
    public static void planesToPixels(
            long planes, long plane, int channels, int pixels, long to, long toRow, long work) {
        if (pixels < LANES) {
            for (int channel = 0; channel < channels; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    float value = ALL.get(FLOAT, (planes + channel * plane + 4L * pixel) & MASK);
                    ALL.set(FLOAT, (to + pixel * toRow + 4L * channel) & MASK, value);
                }
            }
            return;
        }
        for (int channel = 0; channel < channels; channel += LANES) {
            int whole = LANES == 8 && channels - channel >= LANES ? pixels / LANES : 0;
            if (whole > 0) {
                eights(planes + channel * plane, plane, BYTES, to + 4L * channel, toRow, LANES * toRow, whole);
            }
            for (int next = whole * LANES; next < pixels; next += LANES) {
                int pixel = Math.min(next, pixels - LANES);
                long from = planes + channel * plane + 4L * pixel;
                block(from, plane, channels - channel, to + pixel * toRow + 4L * channel, toRow, LANES, work);
            }
        }
    }

    /**
     * Does what {@link #planesToPixels} does for at most a vector of channels with less than a vector of pixels, where a
     * vector may be read from the first pixel of each plane on.
     */
    public static void fewPlanesToPixels(
            long planes, long plane, int channels, int pixels, long to, long toRow, long work) {
        block(planes, plane, channels, to, toRow, pixels, work);
    }

    /**
     * Writes {@code planes[channel][pixel] = from[pixel][channel]}.
     *
     * @param from the pixels, whole vectors each
     * @param fromRow from one pixel to the next
     * @param pixels number of pixels
     * @param planes receives the first pixel of the first plane
     * @param plane from one plane to the next
     * @param channels number of planes
     * @param work scratch
     */
    public static void pixelsToPlanes(
            long from, long fromRow, int pixels, long planes, long plane, int channels, long work) {
        if (pixels < LANES) {
            for (int channel = 0; channel < channels; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    float value = ALL.get(FLOAT, (from + pixel * fromRow + 4L * channel) & MASK);
                    ALL.set(FLOAT, (planes + channel * plane + 4L * pixel) & MASK, value);
                }
            }
            return;
        }
        for (int channel = 0; channel < channels; channel += LANES) {
            int whole = LANES == 8 && channels - channel >= LANES ? pixels / LANES : 0;
            if (whole > 0) {
                eights(from + 4L * channel, fromRow, LANES * fromRow, planes + channel * plane, plane, BYTES, whole);
            }
            for (int next = whole * LANES; next < pixels; next += LANES) {
                int pixel = Math.min(next, pixels - LANES);
                block(
                        from + pixel * fromRow + 4L * channel,
                        fromRow,
                        LANES,
                        planes + channel * plane + 4L * pixel,
                        plane,
                        Math.min(LANES, channels - channel),
                        work);
            }
        }
    }

    /** Transposes one block; of the rows read only {@code rowsIn} exist, of those written only {@code rowsOut}. */
    private static void block(long from, long fromRow, int rowsIn, long to, long toRow, int rowsOut, long work) {
        if (LANES == 8 && rowsIn >= LANES && rowsOut >= LANES) {
            eights(from, fromRow, 0, to, toRow, 0, 1);
            return;
        }
        if (LANES == 16) {
            farRounds(from, fromRow, rowsIn - 1, work);
        } else {
            for (int i = 0; i < LANES; i++) {
                load(from + Math.min(i, rowsIn - 1) * fromRow).intoMemorySegment(ALL, (work + i * BYTES) & MASK, ORDER);
            }
            if (LANES == 8) {
                exchange(work, 4, SWAP_4, HIGH_4, LOW_4);
            }
        }
        nearRounds(work, to, toRow, rowsOut);
    }

    /**
     * Transposes neighbouring blocks of eight whole rows of eight without scratch. A vector read some elements before or after
     * its place has what is wanted in the right lanes already, so that of three rounds only the last moves lanes. All reads are
     * between the first row's first element and the last row's last. Written out, for the reason that {@link #farRounds} gives.
     */
    private static void eights(long from, long fromRow, long fromBlock, long to, long toRow, long toBlock, int blocks) {
        long row = 2 * fromRow;
        long second = (row - 8) & MASK;
        long third = (2 * row - 16) & MASK;
        long fourth = (3 * row - 24) & MASK;
        for (int pair = 0; pair < 4 * blocks; pair++) {
            int column = pair % 4 * 2;
            long block = pair / 4;
            long even = (from + block * fromBlock + 4L * column) & MASK;
            long odd = (even + fromRow) & MASK;
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, ALL, even, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, ALL, even + second, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, ALL, even + third, ORDER);
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, ALL, even + fourth, ORDER);
            FloatVector p = a.blend(b, HIGH_2).blend(c.blend(d, HIGH_2), HIGH_4);
            FloatVector e = FloatVector.fromMemorySegment(SPECIES, ALL, odd, ORDER);
            FloatVector f = FloatVector.fromMemorySegment(SPECIES, ALL, odd + second, ORDER);
            FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, odd + third, ORDER);
            FloatVector h = FloatVector.fromMemorySegment(SPECIES, ALL, odd + fourth, ORDER);
            FloatVector q = e.blend(f, HIGH_2).blend(g.blend(h, HIGH_2), HIGH_4);
            long first = to + block * toBlock + column * toRow;
            p.blend(q.rearrange(SWAP_1), HIGH_1).intoMemorySegment(ALL, first & MASK, ORDER);
            q.blend(p.rearrange(SWAP_1), LOW_1).intoMemorySegment(ALL, (first + toRow) & MASK, ORDER);
        }
    }

    /**
     * Exchanges halves and quarters of sixteen rows, four rows at a time, which stay in registers for both rounds. Like
     * {@link #nearRounds} this method is too long for C2 to write it out where it is called, and so never becomes a part of one
     * that is too large.
     */
    private static void farRounds(long from, long fromRow, int last, long work) {
        for (int i = 0; i < 4; i++) {
            long rowB = Math.min(i + 4, last) * fromRow;
            long rowC = Math.min(i + 8, last) * fromRow;
            long rowD = Math.min(i + 12, last) * fromRow;
            long rowA = Math.min(i, last) * fromRow;
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, ALL, (from + rowA) & MASK, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, ALL, (from + rowB) & MASK, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, ALL, (from + rowC) & MASK, ORDER);
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, ALL, (from + rowD) & MASK, ORDER);
            FloatVector ac = a.blend(c.rearrange(SWAP_8), HIGH_8);
            FloatVector ca = c.blend(a.rearrange(SWAP_8), LOW_8);
            FloatVector bd = b.blend(d.rearrange(SWAP_8), HIGH_8);
            FloatVector db = d.blend(b.rearrange(SWAP_8), LOW_8);
            long to = work + i * BYTES;
            ac.blend(bd.rearrange(SWAP_4), HIGH_4).intoMemorySegment(ALL, to & MASK, ORDER);
            bd.blend(ac.rearrange(SWAP_4), LOW_4).intoMemorySegment(ALL, (to + 4 * BYTES) & MASK, ORDER);
            ca.blend(db.rearrange(SWAP_4), HIGH_4).intoMemorySegment(ALL, (to + 8 * BYTES) & MASK, ORDER);
            db.blend(ca.rearrange(SWAP_4), LOW_4).intoMemorySegment(ALL, (to + 12 * BYTES) & MASK, ORDER);
        }
    }

    /** Exchanges pairs and single lanes of four neighbouring rows at a time; rows that are not wanted stay in {@code work}. */
    private static void nearRounds(long work, long to, long toRow, int rows) {
        for (int i = 0; i < LANES; i += 4) {
            long from = work + i * BYTES;
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, ALL, from & MASK, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, ALL, (from + BYTES) & MASK, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 2 * BYTES) & MASK, ORDER);
            FloatVector d = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 3 * BYTES) & MASK, ORDER);
            FloatVector ac = a.blend(c.rearrange(SWAP_2), HIGH_2);
            FloatVector ca = c.blend(a.rearrange(SWAP_2), LOW_2);
            FloatVector bd = b.blend(d.rearrange(SWAP_2), HIGH_2);
            FloatVector db = d.blend(b.rearrange(SWAP_2), LOW_2);
            long rowA = i < rows ? to + i * toRow : from;
            long rowB = i + 1 < rows ? to + (i + 1) * toRow : from;
            long rowC = i + 2 < rows ? to + (i + 2) * toRow : from;
            long rowD = i + 3 < rows ? to + (i + 3) * toRow : from;
            ac.blend(bd.rearrange(SWAP_1), HIGH_1).intoMemorySegment(ALL, rowA & MASK, ORDER);
            bd.blend(ac.rearrange(SWAP_1), LOW_1).intoMemorySegment(ALL, rowB & MASK, ORDER);
            ca.blend(db.rearrange(SWAP_1), HIGH_1).intoMemorySegment(ALL, rowC & MASK, ORDER);
            db.blend(ca.rearrange(SWAP_1), LOW_1).intoMemorySegment(ALL, rowD & MASK, ORDER);
        }
    }

    private static void exchange(
            long work, int distance, VectorShuffle<Float> swap, VectorMask<Float> high, VectorMask<Float> low) {
        for (int pair = 0; pair < LANES / 2; pair++) {
            // The rows whose bit "distance" is clear, in order.
            int row = (pair / distance) * 2 * distance + pair % distance;
            long at = work + row * BYTES;
            long other = at + distance * BYTES;
            FloatVector a = load(at);
            FloatVector b = load(other);
            a.blend(b.rearrange(swap), high).intoMemorySegment(ALL, at & MASK, ORDER);
            b.blend(a.rearrange(swap), low).intoMemorySegment(ALL, other & MASK, ORDER);
        }
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address & MASK, ORDER);
    }
}
