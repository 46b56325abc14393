package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Normalization of groups of channels of {@code [n, c, ...]} (Wu and He 2018, arXiv:1803.08494), in training and in
 * evaluation by their own statistics. As in PyTorch, a single sample of a single value per group is an error: it is its own
 * mean, and only the bias would be left.
 */
public final class GroupNorm extends Layer {
    private final int groups;
    private final double epsilon;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * A layer with an epsilon of 1e-5, weights of 1 and biases of 0.
     *
     * @param groups the number of groups that the channels are divided into
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @throws TensorException if the groups don't divide the channels, or a size is out of range
     */
    public GroupNorm(int groups, long channels) {
        this(groups, channels, 1e-5);
    }

    /**
     * A layer; the groups must divide the channels.
     *
     * @param groups the number of groups that the channels are divided into
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @param epsilon added to the variance to avoid division by 0
     * @throws TensorException if the groups don't divide the channels, or a size is out of range
     */
    public GroupNorm(int groups, long channels, double epsilon) {
        LayerSizes.checked("group_norm", "channels", channels);
        if (groups < 1 || channels % groups != 0) {
            throw new TensorException("group_norm: " + groups + " groups of " + channels
                    + " channels (expected a number that divides them); change one of them");
        }
        this.groups = groups;
        this.epsilon = epsilon;
        weight = parameter("weight", Tensor.ones(channels));
        bias = parameter("bias", Tensor.zeros(channels));
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() > 1 && x.shape().elements() == groups) {
            throw new TensorException(
                    "group_norm: input " + x.spec() + " has 1 value per group (expected 2 or more), of"
                            + " which nothing is left; take fewer groups, use a layer with larger outputs before, or leave this one"
                            + " out");
        }
        return x.groupNorm(groups, weight.tensor(), bias.tensor(), epsilon);
    }

    @Override
    protected String attributes() {
        return groups + ", eps=" + epsilon;
    }
}
