package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** A layer that computes {@code max(x, 0)} elementwise; NaN stays NaN. */
public final class ReLU extends Layer {
    /** A layer that computes {@code max(x, 0)}; it has no state. */
    public ReLU() {}

    @Override
    protected Tensor compute(Tensor x) {
        return x.relu();
    }
}
