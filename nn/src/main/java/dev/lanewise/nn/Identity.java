package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Returns its input: a placeholder for a part that is left out. */
public final class Identity extends Layer {
    /** A layer that returns its input; it has no state. */
    public Identity() {}

    @Override
    protected Tensor compute(Tensor x) {
        return x;
    }
}
