package dev.lanewise.text.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the tokens of recent words. A table of immutable entries that newer ones replace: bounded, and threads read
 * and write it without locks, since an entry's final fields are seen completely or not at all.
 */
final class WordCache {
    static final int LONGEST = 48;
    private static final int SLOTS = 1 << 16;
    private final @Nullable Entry[] entries = new Entry[SLOTS];

    private record Entry(int hash, int[] word, int[] ids, int[] starts, int[] ends) {}

    static int hash(int[] text, int start, int end) {
        int h = end - start;
        for (int i = start; i < end; i++) {
            h = (h ^ text[i]) * 0x9E3779B1;
            h ^= h >>> 15;
        }
        return h;
    }

    /** Adds the tokens of a remembered word; false if it is not remembered. */
    boolean get(int hash, int[] text, int start, int end, TokenList out) {
        Entry entry = entries[hash & SLOTS - 1];
        if (entry == null || entry.hash != hash || !Arrays.equals(entry.word, 0, entry.word.length, text, start, end)) {
            return false;
        }
        int[] ids = entry.ids;
        for (int i = 0; i < ids.length; i++) {
            out.add(ids[i], start + entry.starts[i], start + entry.ends[i]);
        }
        return true;
    }

    /** Remembers the tokens that were added from {@code first} on. */
    void put(int hash, int[] text, int start, int end, TokenList out, int first) {
        int count = out.size() - first;
        int[] starts = new int[count];
        int[] ends = new int[count];
        for (int i = 0; i < count; i++) {
            starts[i] = out.starts[first + i] - start;
            ends[i] = out.ends[first + i] - start;
        }
        entries[hash & SLOTS - 1] = new Entry(
                hash,
                Arrays.copyOfRange(text, start, end),
                Arrays.copyOfRange(out.ids, first, first + count),
                starts,
                ends);
    }
}
