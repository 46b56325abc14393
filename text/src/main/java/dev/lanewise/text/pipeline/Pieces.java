package dev.lanewise.text.pipeline;

import java.util.Arrays;

/** The pieces that a text is split into: ranges of buffers, some of them already a token. */
final class Pieces {
    private Aligned[] buffers;
    private int[] starts;
    private int[] ends;
    private int[] tokens;
    private int count;

    Pieces(int capacity) {
        int room = Math.max(4, capacity);
        buffers = new Aligned[room];
        starts = new int[room];
        ends = new int[room];
        tokens = new int[room];
    }

    int count() {
        return count;
    }

    Aligned buffer(int i) {
        return buffers[i];
    }

    int start(int i) {
        return starts[i];
    }

    int end(int i) {
        return ends[i];
    }

    /** The id of an added token; -1 for text. */
    int token(int i) {
        return tokens[i];
    }

    /** Adds text, unless it is empty. */
    void add(Aligned buffer, int start, int end) {
        add(buffer, start, end, -1);
    }

    void add(Aligned buffer, int start, int end, int token) {
        if (start >= end) {
            return;
        }
        if (count == starts.length) {
            int room = 2 * count;
            buffers = Arrays.copyOf(buffers, room);
            starts = Arrays.copyOf(starts, room);
            ends = Arrays.copyOf(ends, room);
            tokens = Arrays.copyOf(tokens, room);
        }
        buffers[count] = buffer;
        starts[count] = start;
        ends[count] = end;
        tokens[count++] = token;
    }

    /** Adds the ranges of a buffer that are not to be dropped. */
    void addAll(Aligned buffer, Matches matches) {
        for (int i = 0; i < matches.count(); i++) {
            if (!matches.matched(i)) {
                add(buffer, matches.start(i), matches.end(i));
            }
        }
    }
}
