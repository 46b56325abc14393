package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Objects;

/** Normalization over the last dimensions, with weight and bias of their shape; see {@link Tensor#layerNorm}. */
public final class LayerNorm extends Layer {
    private final long[] normalized;
    private final double epsilon;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * A layer with an epsilon of 1e-5, weights of 1 and biases of 0.
     *
     * @param normalized the sizes of the last dimensions, which are normalized together; one or more
     * @throws TensorException if there is no size, or one is negative or above 2^48
     */
    public LayerNorm(long... normalized) {
        this(1e-5, normalized);
    }

    /**
     * A layer with a given epsilon, weights of 1 and biases of 0.
     *
     * @param epsilon added to the variance
     * @param normalized the sizes of the last dimensions; one or more
     * @throws TensorException if there is no size, or one is negative or above 2^48
     */
    public LayerNorm(double epsilon, long... normalized) {
        Objects.requireNonNull(normalized, "normalized");
        if (normalized.length == 0) {
            throw new TensorException("layer_norm: no sizes with epsilon " + epsilon
                    + " (expected the sizes of the last dimensions); give them after it, as in LayerNorm(1e-6, 64)");
        }
        this.normalized = LayerSizes.checked("layer_norm", "sizes", normalized);
        this.epsilon = epsilon;
        weight = parameter("weight", Tensor.ones(normalized));
        bias = parameter("bias", Tensor.zeros(normalized));
    }

    /**
     * A layer over parameters that exist already, as of a loaded model.
     *
     * @param weight of the sizes of the last dimensions
     * @param bias of the same sizes
     * @param epsilon added to the variance
     */
    public LayerNorm(Parameter weight, Parameter bias, double epsilon) {
        Objects.requireNonNull(bias, "bias");
        this.normalized = weight.leaf().shape().toArray();
        this.epsilon = epsilon;
        this.weight = parameter("weight", weight);
        this.bias = parameter("bias", bias);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.layerNorm(normalized.length, weight.tensor(), bias.tensor(), epsilon);
    }

    @Override
    protected String attributes() {
        return Arrays.toString(normalized) + ", eps=" + epsilon;
    }
}
