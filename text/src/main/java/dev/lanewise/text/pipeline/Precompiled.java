package dev.lanewise.text.pipeline;

import dev.lanewise.text.unicode.CodePoints;
import dev.lanewise.text.unicode.Growth;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's map as the tokenizers library applies it: to a short grapheme cluster as a whole, which it replaces
 * entirely by what its shortest known prefix maps to; else to every code point.
 */
final class Precompiled implements Normalizer {
    private static final Pattern CLUSTER = Pattern.compile("\\X");
    private static final int LONGEST = 6;
    private final CharsMap map;
    /** What ASCII characters map to: -1 for themselves, -2 for something else. */
    private final byte[] ascii = new byte[128];

    Precompiled(CharsMap map) {
        this.map = map;
        for (int c = 0; c < 128; c++) {
            ascii[c] = (byte) (replacement(new int[] {c}, 0, 1) == null ? -1 : -2);
        }
    }

    /** The new code points being collected. */
    private static final class Output {
        int[] cps;
        int[] changes;
        int size;
        boolean modified;

        private final int original;

        Output(int original) {
            this.original = original;
            cps = new int[original + 16];
            changes = new int[cps.length];
        }

        void add(int cp, int change) {
            if (size == cps.length) {
                cps = Arrays.copyOf(cps, Growth.checked(2L * size, original));
                changes = Arrays.copyOf(changes, cps.length);
            }
            cps[size] = cp;
            changes[size++] = change;
        }

        void replace(int oldCount, int[] text) {
            modified = true;
            for (int c : text) {
                add(c, 0);
            }
            int more = text.length - oldCount;
            for (int i = 0; i < more; i++) {
                changes[size - 1 - i] = 1;
            }
            if (more < 0 && size > 0) {
                changes[size - 1] += more;
            }
        }
    }

    @Override
    public void normalize(Aligned text) {
        int[] cps = text.cps;
        int size = text.size;
        Output out = new Output(size);
        for (int at = 0; at < size; ) {
            if (cps[at] < 128 && ascii[cps[at]] == -1 && (at + 1 == size || cps[at + 1] < 128)) {
                out.add(cps[at++], 0);
                continue;
            }
            int end = clusterEnd(cps, at, size);
            int[] whole = end > 0 ? replacement(cps, at, end) : null;
            if (whole != null) {
                out.replace(end - at, whole);
            } else {
                end = Math.abs(end);
                for (int i = at; i < end; i++) {
                    int[] one = replacement(cps, i, i + 1);
                    if (one != null) {
                        out.replace(1, one);
                    } else {
                        out.add(cps[i], 0);
                    }
                }
            }
            at = end;
        }
        if (out.modified) {
            text.transform(out.cps, out.changes, out.size, 0);
        }
    }

    /** The end of the grapheme cluster; negative if it takes six bytes or more, when its code points go one by one. */
    private static int clusterEnd(int[] cps, int at, int size) {
        if (at + 1 == size || alone(cps[at], cps[at + 1])) {
            return at + 1;
        }
        int end = at + 1;
        // a cluster that fills the window may continue after it
        for (long window = 8; ; window *= 4) {
            int limit = (int) Math.min(size, at + window);
            String near = CodePoints.string(cps, at, limit);
            Matcher matcher = CLUSTER.matcher(near);
            end = matcher.lookingAt() ? at + near.codePointCount(0, matcher.end()) : at + 1;
            if (end < limit || limit == size) {
                break;
            }
        }
        int bytes = 0;
        for (int i = at; i < end; i++) {
            bytes += CodePoints.utf8Length(cps[i]);
        }
        return bytes < LONGEST ? end : -end;
    }

    /** Whether two code points surely belong to two clusters. */
    private static boolean alone(int a, int b) {
        if (a < 0x300 && b < 0x300) {
            return a != '\r' || b != '\n';
        }
        return ideograph(a) && ideograph(b);
    }

    private static boolean ideograph(int c) {
        return c >= 0x3400 && c <= 0x9FFF || c > ' ' && c < 127;
    }

    private int @Nullable [] replacement(int[] cps, int start, int end) {
        byte[] bytes = new byte[4 * (end - start)];
        int n = 0;
        for (int i = start; i < end; i++) {
            n = CodePoints.putUtf8(bytes, n, cps[i]);
        }
        CharsMap.Prefix prefix = map.prefix(bytes, 0, n, false);
        return prefix == null ? null : CodePoints.of(prefix.text());
    }
}
