package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;

/**
 * {@code max(x, 0) + weight min(x, 0)} with learned slopes (He et al. 2015, arXiv:1502.01852): {@code weight [1]} for
 * all, or {@code [c]} for the channels of {@code [n, c, ...]}.
 */
public final class PReLU extends Layer {
    private final long channels;
    private final Parameter weight;

    /**
     * A layer with one slope for all channels, which begins at 0.25.
     *
     * @throws TensorException if {@code channels} is negative or above 2^48
     */
    public PReLU() {
        this(1, 0.25);
    }

    /**
     * One slope per channel, or one for all.
     *
     * @param channels the number of slopes: the number of channels, or 1
     * @param initial the first value of each slope
     * @throws TensorException if {@code channels} is negative or above 2^48
     */
    public PReLU(long channels, double initial) {
        this.channels = LayerSizes.checked("prelu", "channels", channels);
        weight = parameter("weight", Tensor.full(initial, DType.F32, Device.CPU, channels));
    }

    @Override
    protected Tensor compute(Tensor x) {
        long[] sizes = new long[Math.max(1, x.shape().rank() - 1)];
        Arrays.fill(sizes, 1);
        sizes[0] = channels;
        return x.relu().sub(x.neg().relu().mul(weight.tensor().reshape(sizes)));
    }

    @Override
    protected String attributes() {
        return Long.toString(channels);
    }
}
