package dev.lanewise.nn.data;

import dev.lanewise.tensor.Tensor;

/**
 * Samples that are trained on together.
 *
 * @param x the inputs, {@code [n, ...]}
 * @param y the targets, {@code [n, ...]}
 */
public record Batch(Tensor x, Tensor y) {
    /** The number of samples. */
    public long size() {
        return x.shape().size(0);
    }
}
