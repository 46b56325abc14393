package dev.lanewise.text.pipeline;

import java.util.Arrays;

/** A text divided into ranges, each a match or what lies between matches. */
final class Matches {
    private int[] starts = new int[16];
    private int[] ends = new int[16];
    private boolean[] matched = new boolean[16];
    private int count;

    int count() {
        return count;
    }

    int start(int i) {
        return starts[i];
    }

    int end(int i) {
        return ends[i];
    }

    boolean matched(int i) {
        return matched[i];
    }

    void clear() {
        count = 0;
    }

    void add(int start, int end, boolean match) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            matched = Arrays.copyOf(matched, 2 * count);
        }
        starts[count] = start;
        ends[count] = end;
        matched[count++] = match;
    }

    /** Turns matches into gaps and gaps into matches. */
    void invert() {
        for (int i = 0; i < count; i++) {
            matched[i] = !matched[i];
        }
    }

    /** Joins ranges as a behaviour says; what remains a match is to be dropped. */
    void apply(Behavior behavior) {
        switch (behavior) {
            case REMOVED -> {}
            case ISOLATED -> Arrays.fill(matched, 0, count, false);
            case CONTIGUOUS -> join((match, previous) -> match == previous);
            case MERGED_WITH_PREVIOUS -> join((match, previous) -> match && !previous);
            case MERGED_WITH_NEXT -> {
                reverse();
                join((match, previous) -> match && !previous);
                reverse();
            }
        }
    }

    private interface Joining {
        boolean joins(boolean match, boolean previousMatch);
    }

    private void join(Joining joining) {
        boolean previous = false;
        int out = 0;
        for (int i = 0; i < count; i++) {
            boolean match = matched[i];
            int start = starts[i];
            int end = ends[i];
            if (joining.joins(match, previous) && out > 0) {
                starts[out - 1] = Math.min(starts[out - 1], start);
                ends[out - 1] = Math.max(ends[out - 1], end);
            } else {
                starts[out] = start;
                ends[out++] = end;
            }
            previous = match;
        }
        count = out;
        Arrays.fill(matched, 0, count, false);
    }

    private void reverse() {
        for (int i = 0, k = count - 1; i < k; i++, k--) {
            swap(starts, i, k);
            swap(ends, i, k);
            boolean t = matched[i];
            matched[i] = matched[k];
            matched[k] = t;
        }
    }

    private static void swap(int[] a, int i, int k) {
        int t = a[i];
        a[i] = a[k];
        a[k] = t;
    }
}
