package dev.lanewise.tensor.internal;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Free ranges by size, so that the smallest one that fits is found by looking at a few words. */
final class Bins {
    private static final int WORD = Long.SIZE;

    /** The ranges of about a size, the last one that came first: those that are at least as large as the size class. */
    private final @Nullable Range[] tops = new Range[SizeClass.COUNT];

    /** A bit for each size class that has ranges. */
    private final long[] filled = new long[SizeClass.COUNT / WORD];

    /** Forgets all ranges. */
    void clear() {
        Arrays.fill(tops, null);
        Arrays.fill(filled, 0);
    }

    void push(Range range) {
        int index = SizeClass.floor(range.bytes());
        Range top = tops[index];
        range.above = null;
        range.below = top;
        if (top != null) {
            top.above = range;
        }
        tops[index] = range;
        filled[index / WORD] |= 1L << index;
    }

    /** Takes a range out; its size is still that with which it came. */
    void remove(Range range) {
        if (range.above == null) {
            int index = SizeClass.floor(range.bytes());
            tops[index] = range.below;
            if (range.below == null) {
                filled[index / WORD] &= ~(1L << index);
            }
        } else {
            range.above.below = range.below;
        }
        if (range.below != null) {
            range.below.above = range.above;
        }
        range.above = null;
        range.below = null;
    }

    /** A range of the smallest size class that has at least so many bytes, or null. */
    @Nullable
    Range fit(long bytes) {
        int index = SizeClass.index(bytes);
        int word = index / WORD;
        for (long bits = filled[word] & -1L << index; ; bits = filled[word]) {
            if (bits != 0) {
                return tops[word * WORD + Long.numberOfTrailingZeros(bits)];
            }
            if (++word == filled.length) {
                return null;
            }
        }
    }

    /** The range that comes after one when all are gone through, about the largest first; the first one after null. */
    @Nullable
    Range smallerThan(@Nullable Range range) {
        if (range != null && range.below != null) {
            return range.below;
        }
        int index = range == null ? SizeClass.COUNT : SizeClass.floor(range.bytes());
        for (int word = (index - 1) / WORD; word >= 0; word--) {
            long bits = filled[word];
            if (index < (word + 1) * WORD) {
                bits &= (1L << index) - 1;
            }
            if (bits != 0) {
                return tops[word * WORD + WORD - 1 - Long.numberOfLeadingZeros(bits)];
            }
        }
        return null;
    }
}
