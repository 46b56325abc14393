package dev.lanewise.text.model;

import java.util.Arrays;

/**
 * The merges of a BPE model and the loop that applies them: the pair of lowest rank first, and of those the leftmost.
 */
final class Merges {
    /** Below this length, looking for the lowest rank again and again is faster than a heap. */
    private static final int SHORT = 40;

    private static final int NONE = Integer.MAX_VALUE;
    private final IntTable ranks = new IntTable();
    private int[] merged = new int[64];
    private int count;

    int size() {
        return count;
    }

    /** Adds the merge of the next rank; of two merges of the same pair, the later one counts. */
    void add(int left, int right, int result) {
        if (count == merged.length) {
            merged = Arrays.copyOf(merged, 2 * count);
        }
        ranks.put((long) left << 32 | right, count);
        merged[count++] = result;
    }

    private int rank(int left, int right) {
        int rank = ranks.get((long) left << 32 | right);
        return rank < 0 ? NONE : rank;
    }

    /**
     * Merges in place.
     *
     * @param symbols the tokens of single characters or bytes
     * @param lengths the length that each covers
     * @param size how many there are
     * @return how many are left
     */
    int apply(int[] symbols, int[] lengths, int size) {
        return size <= SHORT ? applyShort(symbols, lengths, size) : new LongWord(symbols, lengths, size).apply();
    }

    private int applyShort(int[] symbols, int[] lengths, int size) {
        int n = size;
        int[] rank = new int[n];
        for (int i = 0; i + 1 < n; i++) {
            rank[i] = rank(symbols[i], symbols[i + 1]);
        }
        while (n > 1) {
            int best = 0;
            for (int i = 1; i + 1 < n; i++) {
                if (rank[i] < rank[best]) {
                    best = i;
                }
            }
            if (rank[best] == NONE) {
                break;
            }
            symbols[best] = merged[rank[best]];
            lengths[best] += lengths[best + 1];
            int after = n - best - 2;
            System.arraycopy(symbols, best + 2, symbols, best + 1, after);
            System.arraycopy(lengths, best + 2, lengths, best + 1, after);
            System.arraycopy(rank, best + 2, rank, best + 1, after);
            n--;
            if (best > 0) {
                rank[best - 1] = rank(symbols[best - 1], symbols[best]);
            }
            rank[best] = best + 1 < n ? rank(symbols[best], symbols[best + 1]) : NONE;
        }
        return n;
    }

    /** Long words: a linked list of symbols and a heap of pairs, in n log n. */
    private final class LongWord {
        private final int[] symbols;
        private final int[] lengths;
        private final int[] next;
        private final int[] previous;
        private long[] heap;
        private int heapSize;

        LongWord(int[] symbols, int[] lengths, int size) {
            this.symbols = symbols;
            this.lengths = lengths;
            next = new int[size];
            previous = new int[size];
            heap = new long[size + 1];
            for (int i = 0; i < size; i++) {
                next[i] = i + 1 < size ? i + 1 : -1;
                previous[i] = i - 1;
            }
        }

        int apply() {
            int size = next.length;
            for (int i = 0; i + 1 < size; i++) {
                offer(i);
            }
            while (heapSize > 0) {
                long top = pop();
                int at = (int) top;
                int right = next[at];
                // an entry whose pair has changed since is skipped
                if (lengths[at] == 0 || right < 0 || rank(symbols[at], symbols[right]) != (int) (top >>> 32)) {
                    continue;
                }
                symbols[at] = merged[(int) (top >>> 32)];
                lengths[at] += lengths[right];
                lengths[right] = 0;
                next[at] = next[right];
                if (next[right] >= 0) {
                    previous[next[right]] = at;
                }
                if (previous[at] >= 0) {
                    offer(previous[at]);
                }
                offer(at);
            }
            return compact(size);
        }

        private int compact(int size) {
            int out = 0;
            for (int i = 0; i < size; i++) {
                if (lengths[i] != 0) {
                    symbols[out] = symbols[i];
                    lengths[out++] = lengths[i];
                }
            }
            return out;
        }

        private void offer(int at) {
            int right = next[at];
            int rank = right < 0 ? NONE : rank(symbols[at], symbols[right]);
            if (rank == NONE) {
                return;
            }
            if (heapSize == heap.length) {
                heap = Arrays.copyOf(heap, 2 * heapSize);
            }
            long entry = (long) rank << 32 | at;
            int i = heapSize++;
            while (i > 0 && heap[i - 1 >> 1] > entry) {
                heap[i] = heap[i - 1 >> 1];
                i = i - 1 >> 1;
            }
            heap[i] = entry;
        }

        private long pop() {
            long top = heap[0];
            long last = heap[--heapSize];
            int i = 0;
            while (true) {
                int child = 2 * i + 1;
                if (child >= heapSize) {
                    break;
                }
                if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                    child++;
                }
                if (heap[child] >= last) {
                    break;
                }
                heap[i] = heap[child];
                i = child;
            }
            heap[i] = last;
            return top;
        }
    }
}
