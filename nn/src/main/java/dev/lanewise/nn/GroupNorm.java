package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** Normalization of groups of channels of {@code [n, c, ...]} (Wu and He 2018, arXiv:1803.08494). */
public final class GroupNorm extends Layer {
    private final int groups;
    private final double epsilon;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * With an epsilon of 1e-5.
     *
     * @param groups the number of groups that the channels are divided into
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
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
     */
    public GroupNorm(int groups, long channels, double epsilon) {
        this.groups = groups;
        this.epsilon = epsilon;
        weight = parameter("weight", Tensor.ones(channels));
        bias = parameter("bias", Tensor.zeros(channels));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.groupNorm(groups, weight.tensor(), bias.tensor(), epsilon);
    }

    @Override
    protected String attributes() {
        return groups + ", eps=" + epsilon;
    }
}
