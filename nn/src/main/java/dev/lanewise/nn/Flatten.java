package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** {@code [n, ...] -> [n, d]}: all dimensions but the first as one. */
public final class Flatten extends Module {
    /** A layer; it has no state. */
    public Flatten() {}

    @Override
    protected Tensor compute(Tensor x) {
        return x.flatten(1);
    }
}
