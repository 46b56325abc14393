package dev.lanewise.nn.data;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;

/**
 * Samples that are trained on together.
 *
 * @param x the inputs, {@code [n, ...]}
 * @param y the targets, {@code [n, ...]}
 */
public record Batch(Tensor x, Tensor y) {
    /**
     * The number of samples.
     *
     * @return the size of the first dimension of the inputs
     */
    public long size() {
        return x.shape().size(0);
    }

    /**
     * This batch with its targets, class numbers {@code [n, ...]} of type {@link DType#I64}, turned into vectors
     * {@code [n, ..., classes]} of type {@link DType#F32}: 1 at the class, else 0.
     *
     * @param classes how many classes there are
     * @return a batch with the same inputs
     */
    public Batch withOneHotTargets(long classes) {
        return new Batch(x, y.oneHot(classes).to(DType.F32));
    }
}
