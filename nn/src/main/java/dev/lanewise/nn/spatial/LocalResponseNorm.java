package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;

/**
 * Divides every element by what its neighbouring channels hold at its place (Krizhevsky et al. 2012):
 * {@code x / (k + alpha mean(x^2))^beta} of {@code [n, c, ...]}, with the mean over {@code size} channels around its own, those
 * beyond the first and last as zeros.
 */
public final class LocalResponseNorm extends Layer {
    private final int size;
    private final double alpha;
    private final double beta;
    private final double k;

    /**
     * PyTorch's other defaults: 1e-4, 0.75 and 1.
     *
     * @param size how many channels count, 1 or more
     * @throws TensorException if {@code size} is less than 1
     */
    public LocalResponseNorm(int size) {
        this(size, 1e-4, 0.75, 1);
    }

    /**
     * A layer that normalizes over neighbouring channels.
     *
     * @param size how many channels count, 1 or more
     * @param alpha the factor of the mean
     * @param beta the power of the divisor
     * @param k is added to the mean
     * @throws TensorException if {@code size} is less than 1
     */
    public LocalResponseNorm(int size, double alpha, double beta, double k) {
        if (size < 1) {
            throw new TensorException("local_response_norm: size " + size + " (expected 1 or more channels); check it");
        }
        this.size = size;
        this.alpha = alpha;
        this.beta = beta;
        this.k = k;
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() < 2) {
            throw new TensorException(
                    "local_response_norm: input " + x.spec() + " (expected [n, c, ...]); reshape it?");
        }
        if (x.shape().isEmpty()) {
            return x;
        }
        long n = x.shape().size(0);
        long c = x.shape().size(1);
        Tensor squares =
                x.square().reshape(n, 1, c, x.shape().elements() / (n * c)).pad(0, 0, 0, size / 2, (size - 1) / 2);
        Tensor means = squares.avgPool2d(Window.of(size, 1).stride(1), true);
        return x.div(means.mul(alpha).add(k).pow(beta).reshape(x.shape()));
    }

    @Override
    protected String attributes() {
        return size + ", alpha=" + alpha + ", beta=" + beta + ", k=" + k;
    }
}
