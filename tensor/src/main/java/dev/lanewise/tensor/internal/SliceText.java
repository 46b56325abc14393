package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Reads slices written as text, {@code "1:3, :, ::2, -1"}. */
public final class SliceText {
    private final String text;
    private final Tensor source;
    private Tensor x;
    private int dim;

    private SliceText(Tensor source, String text) {
        this.source = source;
        this.text = text;
        this.x = source;
    }

    /** Applies what the text says. */
    public static Tensor apply(Tensor tensor, String text) {
        return new SliceText(tensor, text).run();
    }

    private Tensor run() {
        String[] items = text.strip().isEmpty() ? new String[0] : text.split(",", -1);
        int named = 0;
        for (String item : items) {
            named += item.strip().equals("...") || item.strip().equals("None") ? 0 : 1;
        }
        int rank = source.shape().rank();
        if (named > rank) {
            throw bad("names " + named + " dimensions of " + rank, "leave some out");
        }
        boolean ellipsis = false;
        for (String item : items) {
            if (item.strip().equals("...")) {
                if (ellipsis) {
                    throw bad("has two ellipses", "write ... once");
                }
                ellipsis = true;
                dim += rank - named;
            } else {
                apply(item.strip());
            }
        }
        return x;
    }

    private void apply(String item) {
        if (item.equals("None")) {
            x = x.unsqueeze(dim++);
        } else if (item.indexOf(':') < 0) {
            x = x.select(dim, number(item));
        } else {
            range(item);
            dim++;
        }
    }

    private void range(String item) {
        String[] parts = item.split(":", -1);
        if (parts.length > 3) {
            throw bad("has the range '" + item + "'", "write start:end:step");
        }
        long size = x.shape().size(dim);
        long step = parts.length == 3 ? number(parts[2], 1) : 1;
        if (step == 0) {
            throw bad("has a step of 0 in '" + item + "'", "write a step of 1 or more, or of -1 or less");
        }
        if (step > 0) {
            x = x.slice(dim, number(parts[0], 0), number(parts[1], Long.MAX_VALUE), step);
            return;
        }
        // positions in the reversed dimension
        long first = size - 1 - fromFront(number(parts[0], size - 1), size);
        long behind = parts[1].isBlank() ? size : size - 1 - fromFront(number(parts[1]), size);
        x = x.flip(dim).slice(dim, Math.max(first, 0), Math.max(behind, 0), -step);
    }

    private static long fromFront(long position, long size) {
        return Math.max(position < 0 ? position + size : position, -1);
    }

    private long number(String part, long otherwise) {
        return part.isBlank() ? otherwise : number(part);
    }

    private long number(String part) {
        try {
            return Long.parseLong(part.strip());
        } catch (NumberFormatException e) {
            throw bad("has '" + part.strip() + "' where a number belongs", "write positions, ranges, ... or None");
        }
    }

    private TensorException bad(String found, String remedy) {
        return new TensorException("slice: \"" + text + "\" " + found + " for " + source.spec() + "; " + remedy);
    }
}
