package dev.lanewise.text.unicode;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Unicode's four normalization forms (UAX 15), with the effect of every resulting code point on the alignment: 0
 * replaces the next code point of the input, 1 is added, -n replaces one and removes n more. java.text.Normalizer does
 * not report this, and its Unicode version depends on the JDK.
 */
public final class Normalization {
    private static final int S_BASE = 0xAC00;
    private static final int L_BASE = 0x1100;
    private static final int V_BASE = 0x1161;
    private static final int T_BASE = 0x11A7;
    private static final int V_COUNT = 21;
    private static final int T_COUNT = 28;
    private static final int S_COUNT = 19 * V_COUNT * T_COUNT;
    private static final UnicodeTables TABLES = UnicodeTables.INSTANCE;

    private final boolean compatible;
    private int[] cps;
    private int[] changes;
    private int[] classes;
    private int size;
    private int pending;

    private Normalization(boolean compatible, int capacity) {
        this.compatible = compatible;
        cps = new int[capacity];
        changes = new int[capacity];
        classes = new int[capacity];
    }

    /** A form of normalization. */
    public enum Form {
        /** Canonical decomposition and composition. */
        NFC(false, true, 0x300),
        /** Canonical decomposition. */
        NFD(false, false, 0xC0),
        /** Compatibility decomposition and canonical composition. */
        NFKC(true, true, 0xA0),
        /** Compatibility decomposition. */
        NFKD(true, false, 0xA0);

        final boolean compatible;
        final boolean compose;
        /** Code points below this are unchanged. */
        final int firstChanged;

        Form(boolean compatible, boolean compose, int firstChanged) {
            this.compatible = compatible;
            this.compose = compose;
            this.firstChanged = firstChanged;
        }
    }

    /**
     * The result of normalizing a text.
     *
     * @param cps the code points
     * @param changes the effect of each on the alignment
     * @param size how many there are
     */
    public record Result(int[] cps, int[] changes, int size) {}

    /** Normalizes the first {@code length} code points; null if none of them could change. */
    public static @Nullable Result apply(Form form, int[] text, int length) {
        int i = 0;
        while (i < length && text[i] < form.firstChanged) {
            i++;
        }
        if (i == length) {
            return null;
        }
        Normalization n = new Normalization(form.compatible, length + 16);
        for (int k = 0; k < length; k++) {
            n.decompose(text[k]);
        }
        n.sortPending();
        if (form.compose) {
            n.compose();
        }
        return new Result(n.cps, n.changes, n.size);
    }

    private void decompose(int cp) {
        if (cp < 0xA0) {
            push(cp, 0, 0);
            return;
        }
        int s = cp - S_BASE;
        if (s >= 0 && s < S_COUNT) {
            push(L_BASE + s / (V_COUNT * T_COUNT), 0, 0);
            push(V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT, 1, 0);
            if (s % T_COUNT != 0) {
                push(T_BASE + s % T_COUNT, 1, 0);
            }
            return;
        }
        int[] parts = compatible ? TABLES.compatible.get(cp) : null;
        if (parts == null) {
            parts = TABLES.canonical.get(cp);
        }
        if (parts == null) {
            push(cp, 0, combiningClass(cp));
            return;
        }
        for (int i = 0; i < parts.length; i++) {
            push(parts[i], i == 0 ? 0 : 1, combiningClass(parts[i]));
        }
    }

    private static int combiningClass(int cp) {
        return cp < 0x300 ? 0 : TABLES.combiningClasses.getOrDefault(cp, 0);
    }

    private void push(int cp, int change, int combiningClass) {
        if (combiningClass == 0) {
            sortPending();
        }
        if (size == cps.length) {
            cps = Arrays.copyOf(cps, 2 * size);
            changes = Arrays.copyOf(changes, 2 * size);
            classes = Arrays.copyOf(classes, 2 * size);
        }
        cps[size] = cp;
        changes[size] = change;
        classes[size++] = combiningClass;
        if (combiningClass == 0) {
            pending = size;
        }
    }

    /** Consecutive marks are ordered by their class, those of one class in the order of the text. */
    private void sortPending() {
        if (size - pending > 64) {
            sortLong();
        }
        for (int i = pending + 1; i < size; i++) {
            for (int k = i; k > pending && classes[k - 1] > classes[k]; k--) {
                swap(cps, k);
                swap(changes, k);
                swap(classes, k);
            }
        }
        pending = size;
    }

    /** Sorts a hostile run of marks in n log n; afterwards insertion sort has nothing to do. */
    private void sortLong() {
        int count = size - pending;
        long[] keys = new long[count];
        for (int i = 0; i < count; i++) {
            keys[i] = (long) classes[pending + i] << 32 | i;
        }
        Arrays.sort(keys);
        int[] oldCps = Arrays.copyOfRange(cps, pending, size);
        int[] oldChanges = Arrays.copyOfRange(changes, pending, size);
        for (int i = 0; i < count; i++) {
            cps[pending + i] = oldCps[(int) keys[i]];
            changes[pending + i] = oldChanges[(int) keys[i]];
            classes[pending + i] = (int) (keys[i] >> 32);
        }
    }

    private static void swap(int[] a, int k) {
        int t = a[k];
        a[k] = a[k - 1];
        a[k - 1] = t;
    }

    private void compose() {
        int starter = -1;
        int lastClass = -1;
        int out = 0;
        for (int i = 0; i < size; i++) {
            int c = cps[i];
            int k = classes[i];
            if (starter >= 0 && (lastClass == -1 || lastClass < k)) {
                int both = composed(cps[starter], c);
                if (both >= 0) {
                    cps[starter] = both;
                    changes[starter] += changes[i] - 1;
                    continue;
                }
            }
            cps[out] = c;
            changes[out] = changes[i];
            if (k == 0) {
                starter = out;
                lastClass = -1;
            } else {
                lastClass = k;
            }
            out++;
        }
        size = out;
    }

    private static int composed(int a, int b) {
        int l = a - L_BASE;
        int v = b - V_BASE;
        if (l >= 0 && l < 19 && v >= 0 && v < V_COUNT) {
            return S_BASE + (l * V_COUNT + v) * T_COUNT;
        }
        int s = a - S_BASE;
        int t = b - T_BASE;
        if (s >= 0 && s < S_COUNT && s % T_COUNT == 0 && t > 0 && t < T_COUNT) {
            return a + t;
        }
        return TABLES.composed.getOrDefault(UnicodeTables.pair(a, b), -1);
    }
}
