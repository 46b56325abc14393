package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** {@link BatchNorm} of images {@code [n, c, h, w]}; other ranks are an error. */
public final class BatchNorm2d extends BatchNorm {
    /**
     * A normalization with an epsilon of 1e-5 and a momentum of 0.1.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @throws TensorException if the number of channels is negative or above 2^48
     */
    public BatchNorm2d(long channels) {
        super(channels);
    }

    /**
     * A normalization with the given epsilon and momentum, in PyTorch's order; weights start at 1 and biases at 0.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @param epsilon added to the variance to avoid division by 0
     * @param momentum the weight of a batch in the running statistics
     * @throws TensorException if the number of channels is negative or above 2^48, epsilon is negative, or the momentum is not
     *     from 0 to 1
     */
    public BatchNorm2d(long channels, double epsilon, double momentum) {
        super(channels, epsilon, momentum);
    }

    @Override
    protected Tensor compute(Tensor x) {
        checkRank("batch_norm2d", x, 4, 4, "[n, c, h, w]");
        return super.compute(x);
    }
}
