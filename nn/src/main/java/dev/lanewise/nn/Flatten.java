package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Merges several dimensions into one; usually all but the first, {@code [n, ...] -> [n, d]}. */
public final class Flatten extends Layer {
    private final int start;
    private final int end;

    /** A layer that merges all dimensions but the first, the samples. */
    public Flatten() {
        this(1, -1);
    }

    /**
     * Merges the dimensions from start to end, both included; negative ones count from the last, -1.
     *
     * @param start the first dimension to merge
     * @param end the last dimension to merge
     */
    public Flatten(int start, int end) {
        this.start = start;
        this.end = end;
    }

    /** {@return whether all dimensions but the first are merged} */
    public boolean isAllButFirst() {
        return start == 1 && end == -1;
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
