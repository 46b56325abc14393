package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Normalization of every channel of every sample of {@code [n, c, ...]} (Ulyanov et al. 2016, arXiv:1607.08022). */
public final class InstanceNorm extends Module {
    private final double epsilon;

    /** Without weight and bias, as is PyTorch's default; epsilon 1e-5. */
    public InstanceNorm() {
        this(1e-5);
    }

    /** Without weight and bias. */
    public InstanceNorm(double epsilon) {
        this.epsilon = epsilon;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.instanceNorm(null, null, epsilon);
    }
}
