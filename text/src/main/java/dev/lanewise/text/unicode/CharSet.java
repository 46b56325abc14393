package dev.lanewise.text.unicode;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** An immutable set of code points: a bitmap for the basic plane, ranges above it. */
public final class CharSet {
    private static final int LIMIT = Character.MAX_CODE_POINT + 1;
    private final long[] low = new long[1024];
    /**
     * Sorted boundaries above the basic plane: the set includes code points from an even index, and excludes them from
     * an odd one.
     */
    private final int[] bounds;

    private CharSet(int[] bounds) {
        int high = bounds.length;
        for (int i = 0; i < bounds.length; i += 2) {
            for (int c = bounds[i]; c < Math.min(bounds[i + 1], 0x10000); c++) {
                low[c >> 6] |= 1L << c;
            }
            if (bounds[i + 1] > 0x10000) {
                high = Math.min(high, i);
            }
        }
        this.bounds = Arrays.copyOfRange(bounds, high, bounds.length);
        if (this.bounds.length > 0) {
            this.bounds[0] = Math.max(this.bounds[0], 0x10000);
        }
    }

    /** The set of the given [start, end) ranges, which are sorted and disjoint. */
    public static CharSet ofBounds(int... bounds) {
        return new CharSet(bounds);
    }

    /** The set of the code points that satisfy a condition. */
    public static CharSet of(IntPredicate condition) {
        int[] out = new int[16];
        int n = 0;
        boolean inside = false;
        for (int c = 0; c < LIMIT; c++) {
            if (condition.test(c) != inside) {
                if (n == out.length) {
                    out = Arrays.copyOf(out, 2 * n);
                }
                out[n++] = c;
                inside = !inside;
            }
        }
        if (inside) {
            out = Arrays.copyOf(out, n + 1);
            out[n++] = LIMIT;
        }
        return new CharSet(Arrays.copyOf(out, n));
    }

    /** Whether a code point belongs to it. */
    public boolean contains(int cp) {
        if (cp < 0x10000) {
            return (low[cp >> 6] >>> cp & 1) != 0;
        }
        return inBounds(cp);
    }

    private boolean inBounds(int cp) {
        int i = Arrays.binarySearch(bounds, cp);
        return i >= 0 ? (i & 1) == 0 : (-i - 1 & 1) == 1;
    }
}
