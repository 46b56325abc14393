package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** {@code max(x, 0)}, elementwise. */
public final class ReLU extends Layer {
    /** A layer; it has no state. */
    public ReLU() {}

    @Override
    protected Tensor compute(Tensor x) {
        return x.relu();
    }
}
