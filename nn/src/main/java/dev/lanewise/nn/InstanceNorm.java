package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/**
 * Normalization of every channel of every sample of {@code [n, c, ...]} (Ulyanov et al. 2016, arXiv:1607.08022), in
 * training and in evaluation by their own statistics. As in PyTorch, a single value per channel is an error: it is its own
 * mean, and only the bias would be left.
 */
public final class InstanceNorm extends Layer {
    private final long channels;
    private final double epsilon;
    private final @Nullable Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * Without weight and bias, which is PyTorch's default; epsilon 1e-5.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @throws TensorException if there is not at least one channel
     */
    public InstanceNorm(long channels) {
        this(channels, false);
    }

    /**
     * A layer with or without weights and biases, with an epsilon of 1e-5.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @param affine whether it has {@code weight [c]} and {@code bias [c]}
     * @throws TensorException if there is not at least one channel
     */
    public InstanceNorm(long channels, boolean affine) {
        this(channels, affine, 1e-5);
    }

    /**
     * A layer with all its options.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @param affine whether it has {@code weight [c]} and {@code bias [c]}
     * @param epsilon added to the variance
     * @throws TensorException if there is not at least one channel
     */
    public InstanceNorm(long channels, boolean affine, double epsilon) {
        if (channels < 1) {
            throw new TensorException(
                    "instance_norm: " + channels + " channels (expected 1 or more); check the number");
        }
        this.channels = LayerSizes.checked("instance_norm", "channels", channels);
        this.epsilon = epsilon;
        weight = affine ? parameter("weight", Tensor.ones(channels)) : null;
        bias = affine ? parameter("bias", Tensor.zeros(channels)) : null;
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() < 3 || x.shape().size(1) != channels) {
            throw new TensorException("instance_norm: input " + x.spec() + " (expected [n, " + channels
                    + ", ...] with dimensions to normalize over); reshape it, or make the layer for other channels");
        }
        if (x.shape().slice(2, x.shape().rank()).elements() == 1) {
            throw new TensorException("instance_norm: input " + x.spec()
                    + " has 1 value per channel and sample (expected 2 or more), of which nothing is left; use a layer with"
                    + " larger outputs before, or leave this one out");
        }
        return x.instanceNorm(weight == null ? null : weight.tensor(), bias == null ? null : bias.tensor(), epsilon);
    }

    @Override
    protected String attributes() {
        return channels + ", affine=" + (weight != null) + ", eps=" + epsilon;
    }
}
