package dev.lanewise.text.pipeline;

import dev.lanewise.text.unicode.Growth;
import dev.lanewise.text.unicode.Normalization;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a text that normalizers change, with the range of the original text that every code point comes from. The
 * rules by which alignments follow a change are those of the tokenizers library's NormalizedString, including its
 * oddities, because offsets must equal the library's.
 */
final class Aligned {
    int[] cps;
    int size;
    /** Where the code points come from; null while nothing has changed. */
    private int @Nullable [] from;

    private int @Nullable [] to;
    /** The range of the original text that this is. */
    private final int origin;

    private final int originEnd;

    private Aligned(int[] cps, int size, int @Nullable [] from, int @Nullable [] to, int origin, int originEnd) {
        this.cps = cps;
        this.size = size;
        this.from = from;
        this.to = to;
        this.origin = origin;
        this.originEnd = originEnd;
    }

    static Aligned of(int[] cps) {
        return new Aligned(cps, cps.length, null, null, 0, cps.length);
    }

    /** Where in the original text this begins. */
    int origin() {
        return origin;
    }

    int from(int i) {
        return from == null ? origin + i : from[i];
    }

    int to(int i) {
        return to == null ? origin + i + 1 : to[i];
    }

    /** A copy of a range, which must not be empty. */
    Aligned slice(int start, int end) {
        return new Aligned(
                Arrays.copyOfRange(cps, start, end),
                end - start,
                from == null ? null : Arrays.copyOfRange(from, start, end),
                to == null ? null : Arrays.copyOfRange(to, start, end),
                from(start),
                to(end - 1));
    }

    /** This piece itself if the range is all of it, else a copy. */
    Aligned sliceOrSelf(int start, int end) {
        return start == 0 && end == size && from(0) == origin && to(size - 1) == originEnd ? this : slice(start, end);
    }

    /**
     * Replaces all by {@code count} code points. A change of 0 replaces the next old code point, 1 adds one next to it,
     * -n replaces one and removes n more.
     *
     * @param skip how many old code points are removed at the start
     */
    void transform(int[] next, int[] changes, int count, int skip) {
        int first = 0;
        if (origin == originEnd) {
            // an empty original: the library replaces nothing and adds all at the start
            replace(0, 0, next, changes, count, skip);
            return;
        }
        while (first < size && from(first) == to(first)) {
            first++;
        }
        if (size > 0) {
            replace(first, size, next, changes, count, skip);
        }
    }

    /** Replaces the code points of [start, end). */
    void replace(int start, int end, int[] next, int[] changes, int count, int skip) {
        int total = checked((long) start + count + size - end);
        int[] newCps = new int[total];
        int[] newFrom = new int[total];
        int[] newTo = new int[total];
        copy(0, start, newCps, newFrom, newTo, 0);
        int at = start + skip;
        for (int i = 0; i < count; i++) {
            int change = changes[i];
            int like = Math.min(change > 0 ? at - 1 : at, size - 1);
            newCps[start + i] = next[i];
            newFrom[start + i] = like < 0 ? origin : from(like);
            newTo[start + i] = like < 0 ? origin : to(like);
            if (change <= 0) {
                at = Math.min(at + 1 - change, end);
            }
        }
        copy(end, size, newCps, newFrom, newTo, start + count);
        cps = newCps;
        from = newFrom;
        to = newTo;
        size = total;
    }

    private int checked(long total) {
        return Growth.checked(total, (long) originEnd - origin);
    }

    private void copy(int start, int end, int[] newCps, int[] newFrom, int[] newTo, int at) {
        System.arraycopy(cps, start, newCps, at, end - start);
        for (int i = start; i < end; i++) {
            newFrom[at + i - start] = from(i);
            newTo[at + i - start] = to(i);
        }
    }

    /** Replaces each code point by one other; the alignment is unchanged. */
    void map(IntUnaryOperator mapping) {
        int[] next = new int[size];
        for (int i = 0; i < size; i++) {
            next[i] = mapping.applyAsInt(cps[i]);
        }
        cps = next;
    }

    void filter(IntPredicate keep) {
        int i = 0;
        while (i < size && keep.test(cps[i])) {
            i++;
        }
        if (i == size) {
            return;
        }
        int[] next = new int[size];
        int[] changes = new int[size];
        int count = 0;
        int removed = 0;
        int skip = 0;
        for (int k = 0; k < size; k++) {
            if (keep.test(cps[k])) {
                if (count == 0) {
                    skip = removed;
                } else {
                    changes[count - 1] = -removed;
                }
                next[count++] = cps[k];
                removed = 0;
            } else {
                removed++;
            }
        }
        if (count > 0) {
            changes[count - 1] = -removed;
        }
        transform(next, changes, count, skip);
    }

    void normalize(Normalization.Form form) {
        Normalization.Result result = Normalization.apply(form, cps, size);
        if (result != null) {
            transform(result.cps(), result.changes(), result.size(), 0);
        }
    }

    /** Inserts code points at the beginning; the first of them is aligned with what was first. */
    void prepend(int[] added) {
        if (size == 0) {
            return;
        }
        int[] next = Arrays.copyOf(added, added.length + 1);
        next[added.length] = cps[0];
        int[] changes = new int[next.length];
        Arrays.fill(changes, 1, changes.length, 1);
        replace(0, 1, next, changes, next.length, 0);
    }

    /** Replaces matches by a text whose code points are aligned like the last one of the match. */
    void replaceMatches(Matches matches, int[] content) {
        long added = 0;
        for (int i = 0; i < matches.count(); i++) {
            if (matches.matched(i)) {
                added += content.length - (matches.end(i) - matches.start(i));
            }
        }
        int total = checked(size + added);
        int[] newCps = new int[total];
        int[] newFrom = new int[total];
        int[] newTo = new int[total];
        int at = 0;
        for (int i = 0; i < matches.count(); i++) {
            int start = matches.start(i);
            int end = matches.end(i);
            if (matches.matched(i)) {
                for (int c : content) {
                    newCps[at] = c;
                    newFrom[at] = end == 0 ? origin : from(end - 1);
                    newTo[at++] = end == 0 ? origin : to(end - 1);
                }
            } else {
                copy(start, end, newCps, newFrom, newTo, at);
                at += end - start;
            }
        }
        cps = newCps;
        from = newFrom;
        to = newTo;
        size = total;
    }

    /** Replaces one code point by another wherever it occurs. */
    void replaceAll(int old, int by) {
        for (int i = 0; i < size; i++) {
            if (cps[i] == old) {
                map(c -> c == old ? by : c);
                return;
            }
        }
    }
}
