package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** {@link BatchNorm} of features {@code [n, c]} or signals {@code [n, c, l]}; other ranks are an error. */
public final class BatchNorm1d extends BatchNorm {
    /**
     * A normalization with a momentum of 0.1 and an epsilon of 1e-5.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @throws TensorException if the number of channels is negative or above 2^48
     */
    public BatchNorm1d(long channels) {
        super(channels);
    }

    /**
     * A normalization with the given momentum and epsilon; weights start at 1 and biases at 0.
     *
     * @param channels the number of channels of inputs {@code [n, channels, ...]}
     * @param momentum the weight of a batch in the running statistics
     * @param epsilon added to the variance to avoid division by 0
     * @throws TensorException if the number of channels is negative or above 2^48
     */
    public BatchNorm1d(long channels, double momentum, double epsilon) {
        super(channels, momentum, epsilon);
    }

    @Override
    protected Tensor compute(Tensor x) {
        checkRank("batch_norm1d", x, 2, 3, "[n, c] or [n, c, l]");
        return super.compute(x);
    }
}
