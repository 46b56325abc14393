package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Several dimensions as one; usually all but the first, {@code [n, ...] -> [n, d]}. */
public final class Flatten extends Layer {
    private final int start;
    private final int end;

    /** All dimensions but the first as one. */
    public Flatten() {
        this(1, -1);
    }

    /** The dimensions from start to end, both included, as one; negative ones count from the last, -1. */
    public Flatten(int start, int end) {
        this.start = start;
        this.end = end;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.flatten(start, end);
    }

    @Override
    protected String attributes() {
        return start + ", " + end;
    }
}
