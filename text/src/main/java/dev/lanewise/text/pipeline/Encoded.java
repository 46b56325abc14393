package dev.lanewise.text.pipeline;

import dev.lanewise.text.Direction;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.model.TokenList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An encoding in progress, while post-processors work on it: columns of tokens, and the parts that truncation cut off.
 */
public final class Encoded {
    private static final int MOST_PARTS = 100_000;

    /** The ids. */
    public int[] ids;
    /** The text of a pair that each token belongs to, or what the template says. */
    public int[] types;
    /** The word of every token; -1 for none. */
    public int[] words;
    /** Where the tokens begin, in code points of the text. */
    public int[] starts;
    /** Where they end. */
    public int[] ends;
    /** 1 for tokens that a post-processor added. */
    public int[] special;
    /** 0 for padding. */
    public int[] attention;
    /** Texts of tokens where they differ from the vocabulary's; null if none does. */
    public @Nullable String @Nullable [] surfaces;
    /** Where each text's tokens begin, by number of the text; -1 where unknown. */
    public final int[] rangeStarts = {-1, -1};
    /** Where each text's tokens end. */
    public final int[] rangeEnds = {-1, -1};
    /** The parts that were cut off. */
    public List<Encoded> overflowing = new ArrayList<>();

    /** An empty encoding. */
    public Encoded() {
        this(new int[0], new int[0], new int[0], new int[0], new int[0], new int[0], new int[0], null);
    }

    private Encoded(
            int[] ids,
            int[] types,
            int[] words,
            int[] starts,
            int[] ends,
            int[] special,
            int[] attention,
            @Nullable String @Nullable [] surfaces) {
        this.ids = ids;
        this.types = types;
        this.words = words;
        this.starts = starts;
        this.ends = ends;
        this.special = special;
        this.attention = attention;
        this.surfaces = surfaces;
    }

    /** An encoding of those tokens. */
    public static Encoded of(TokenList list, int type) {
        int n = list.size();
        int[] types = new int[n];
        Arrays.fill(types, type);
        int[] attention = new int[n];
        Arrays.fill(attention, 1);
        return new Encoded(
                Arrays.copyOf(list.ids, n),
                types,
                Arrays.copyOf(list.words, n),
                Arrays.copyOf(list.starts, n),
                Arrays.copyOf(list.ends, n),
                new int[n],
                attention,
                list.surfaces == null ? null : Arrays.copyOf(list.surfaces, n));
    }

    /** Tokens that stand for no part of a text. */
    static Encoded special(int[] ids, @Nullable String[] surfaces, int type) {
        int n = ids.length;
        boolean any = Arrays.stream(surfaces).anyMatch(s -> s != null);
        return new Encoded(
                ids.clone(),
                filled(n, type),
                filled(n, -1),
                new int[n],
                new int[n],
                filled(n, 1),
                filled(n, 1),
                any ? surfaces.clone() : null);
    }

    /** This encoding between special tokens. */
    public Encoded between(int[] before, int[] after) {
        setRange(0);
        return joined(List.of(
                special(before, new @Nullable String[before.length], 0),
                this,
                special(after, new @Nullable String[after.length], 0)));
    }

    private static int[] filled(int n, int value) {
        int[] out = new int[n];
        Arrays.fill(out, value);
        return out;
    }

    /** How many tokens there are. */
    public int size() {
        return ids.length;
    }

    void setRange(int sequence) {
        rangeStarts[sequence] = 0;
        rangeEnds[sequence] = size();
    }

    /** The same tokens with another type, since a template may use a text more than once. */
    Encoded as(int sequence, int type) {
        Encoded out = new Encoded(ids, filled(size(), type), words, starts, ends, special, attention, surfaces);
        out.overflowing = overflowing;
        out.rangeStarts[1 - sequence] = rangeStarts[1 - sequence];
        out.rangeEnds[1 - sequence] = rangeEnds[1 - sequence];
        out.setRange(sequence);
        return out;
    }

    private Encoded range(int from, int to) {
        return new Encoded(
                Arrays.copyOfRange(ids, from, to),
                Arrays.copyOfRange(types, from, to),
                Arrays.copyOfRange(words, from, to),
                Arrays.copyOfRange(starts, from, to),
                Arrays.copyOfRange(ends, from, to),
                Arrays.copyOfRange(special, from, to),
                Arrays.copyOfRange(attention, from, to),
                surfaces == null ? null : Arrays.copyOfRange(surfaces, from, to));
    }

    /** The encoding cut to at most {@code most} tokens; the rest goes to the result's overflowing parts. */
    Encoded truncated(int most, int stride, Direction direction) {
        int n = size();
        if (most >= n) {
            return this;
        }
        if (most == 0) {
            Encoded out = new Encoded();
            out.overflowing.add(this);
            return out;
        }
        if (stride >= most) {
            throw new TokenizerException("truncation: stride " + stride + " must be less than the " + most
                    + " tokens that are left of a text beside special tokens");
        }
        int step = most - stride;
        List<Encoded> parts = new ArrayList<>();
        if (direction == Direction.RIGHT) {
            for (int start = 0; ; start += step) {
                int stop = Math.min(start + most, n);
                parts.add(range(start, stop));
                if (stop == n) {
                    break;
                }
            }
        } else {
            for (int stop = n; ; stop -= step) {
                int start = Math.max(stop - most, 0);
                parts.add(range(start, stop));
                if (start == 0) {
                    break;
                }
            }
        }
        Encoded first = parts.removeFirst();
        first.overflowing = parts;
        return first;
    }

    /** All encodings one after the other; every part that was cut off is joined with the others in full. */
    static Encoded merged(List<Encoded> all) {
        Encoded out = null;
        if (all.stream().allMatch(e -> e.overflowing.isEmpty())) {
            return joined(all);
        }
        for (Encoded next : all) {
            out = out == null ? next : out.mergedWith(next);
        }
        return out == null ? new Encoded() : out;
    }

    private Encoded mergedWith(Encoded other) {
        long count = (1L + overflowing.size()) * (1L + other.overflowing.size());
        if (count > MOST_PARTS && !overflowing.isEmpty() && !other.overflowing.isEmpty()) {
            throw new TokenizerException("truncation: " + count
                    + " parts of one text, each with each of a template's others (expected at most " + MOST_PARTS
                    + "); truncate without overflow, or use a template that has a text once");
        }
        List<Encoded> parts = new ArrayList<>();
        for (Encoded mine : overflowing) {
            parts.add(joined(List.of(mine, other)));
            for (Encoded theirs : other.overflowing) {
                parts.add(joined(List.of(mine, theirs)));
            }
        }
        for (Encoded theirs : other.overflowing) {
            parts.add(joined(List.of(this, theirs)));
        }
        Encoded out = joined(List.of(this, other));
        out.overflowing = parts;
        return out;
    }

    private static Encoded joined(List<Encoded> all) {
        if (all.size() == 1) {
            return all.getFirst();
        }
        int n = all.stream().mapToInt(Encoded::size).sum();
        boolean surfaces = all.stream().anyMatch(e -> e.surfaces != null);
        Encoded out = new Encoded(
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                new int[n],
                surfaces ? new String[n] : null);
        int at = 0;
        for (Encoded e : all) {
            e.copyTo(out, at);
            at += e.size();
        }
        return out;
    }

    private void copyTo(Encoded out, int at) {
        int n = size();
        System.arraycopy(ids, 0, out.ids, at, n);
        System.arraycopy(types, 0, out.types, at, n);
        System.arraycopy(words, 0, out.words, at, n);
        System.arraycopy(starts, 0, out.starts, at, n);
        System.arraycopy(ends, 0, out.ends, at, n);
        System.arraycopy(special, 0, out.special, at, n);
        System.arraycopy(attention, 0, out.attention, at, n);
        if (surfaces != null && out.surfaces != null) {
            System.arraycopy(surfaces, 0, out.surfaces, at, n);
        }
        for (int s = 0; s < 2; s++) {
            if (rangeStarts[s] >= 0) {
                out.rangeStarts[s] = at + rangeStarts[s];
                out.rangeEnds[s] = at + rangeEnds[s];
            }
        }
    }

    /** Pads this encoding and the parts that were cut off to a length. */
    Encoded padded(int length, int id, int type, @Nullable String surface, Direction direction) {
        Encoded out = this;
        if (size() < length) {
            int n = length - size();
            @Nullable String[] texts = new String[n];
            Arrays.fill(texts, surface);
            Encoded padding = special(filled(n, id), texts, type);
            padding.attention = new int[n];
            out = joined(direction == Direction.LEFT ? List.of(padding, this) : List.of(this, padding));
        }
        List<Encoded> parts = new ArrayList<>();
        for (Encoded part : overflowing) {
            parts.add(part.padded(length, id, type, surface, direction));
        }
        out.overflowing = parts;
        return out;
    }
}
