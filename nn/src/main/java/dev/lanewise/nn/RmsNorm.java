package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * {@code x / sqrt(mean(x^2) + epsilon) * weight} over the last dimension (Zhang and Sennrich 2019, arXiv:1910.07467).
 */
public final class RmsNorm extends Layer {
    private final double epsilon;
    private final Parameter weight;

    /**
     * A layer over the last dimension, with weights of 1.
     *
     * @param size the size of the last dimension
     * @param epsilon added to the mean square
     * @throws TensorException if {@code size} is negative or above 2^48
     */
    public RmsNorm(long size, double epsilon) {
        this.epsilon = epsilon;
        weight = parameter("weight", Tensor.ones(LayerSizes.checked("rms_norm", "size", size)));
    }

    /**
     * A layer over a parameter that exists already, as of a loaded model.
     *
     * @param weight {@code [size]}
     * @param epsilon added to the mean square
     */
    public RmsNorm(Parameter weight, double epsilon) {
        Objects.requireNonNull(weight, "weight");
        this.epsilon = epsilon;
        this.weight = parameter("weight", weight);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.rmsNorm(1, weight.tensor(), epsilon);
    }

    @Override
    protected String attributes() {
        return "eps=" + epsilon;
    }
}
