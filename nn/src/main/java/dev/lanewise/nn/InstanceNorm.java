package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalization of every channel of every sample of {@code [n, c, ...]} (Ulyanov et al. 2016, arXiv:1607.08022). */
public final class InstanceNorm extends Module {
    private final double epsilon;
    private final @Nullable Parameter weight;
    private final @Nullable Parameter bias;

    /** Without weight and bias, as is PyTorch's default; epsilon 1e-5. */
    public InstanceNorm() {
        this(1e-5);
    }

    /** Without weight and bias. */
    public InstanceNorm(double epsilon) {
        this.epsilon = epsilon;
        weight = null;
        bias = null;
    }

    /** With {@code weight [c]} and {@code bias [c]}, PyTorch's {@code affine=True}. */
    public InstanceNorm(long channels, double epsilon) {
        this.epsilon = epsilon;
        weight = parameter("weight", Tensor.ones(channels));
        bias = parameter("bias", Tensor.zeros(channels));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.instanceNorm(weight == null ? null : weight.tensor(), bias == null ? null : bias.tensor(), epsilon);
    }

    @Override
    protected String attributes() {
        return "affine=" + (weight != null);
    }
}
