package dev.lanewise.text.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Growing columns of tokens: ids, ranges, words, and texts where they are not the vocabulary's. */
public final class TokenList {
    /** The ids. */
    public int[] ids;
    /** Where the tokens begin. */
    public int[] starts;
    /** Where they end. */
    public int[] ends;
    /** The words they belong to. */
    public int[] words;
    /** Their texts where those differ from the vocabulary's; null while none does. */
    public @Nullable String @Nullable [] surfaces;

    private int size;

    /** An empty list with room for some. */
    public TokenList(int capacity) {
        int room = Math.max(8, capacity);
        ids = new int[room];
        starts = new int[room];
        ends = new int[room];
        words = new int[room];
    }

    /** How many tokens there are. */
    public int size() {
        return size;
    }

    /** Adds a token with the vocabulary's text. */
    public void add(int id, int start, int end) {
        if (size == ids.length) {
            grow();
        }
        ids[size] = id;
        starts[size] = start;
        ends[size++] = end;
    }

    /** Adds a token with a text of its own. */
    public void add(int id, int start, int end, String surface) {
        add(id, start, end);
        if (surfaces == null) {
            surfaces = new String[ids.length];
        }
        surfaces[size - 1] = surface;
    }

    private void grow() {
        int room = 2 * size;
        ids = Arrays.copyOf(ids, room);
        starts = Arrays.copyOf(starts, room);
        ends = Arrays.copyOf(ends, room);
        words = Arrays.copyOf(words, room);
        if (surfaces != null) {
            surfaces = Arrays.copyOf(surfaces, room);
        }
    }
}
