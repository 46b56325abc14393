package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/**
 * {@code out_k = a^T W_k b + bias_k} of two inputs {@code [n, a], [n, b] -> [n, out]}, with {@code weight [out, a, b]}.
 */
public final class Bilinear extends Layer {
    private final long first;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * A layer with a bias, initialized from the global random stream.
     *
     * @param first the width of the first input
     * @param second the width of the second input
     * @param out the width of the result
     * @throws TensorException if a size is negative or above 2^48
     */
    public Bilinear(long first, long second, long out) {
        this(first, second, out, Rng.global());
    }

    /**
     * A layer with a bias, initialized as PyTorch initializes it.
     *
     * @param first the width of the first input
     * @param second the width of the second input
     * @param out the width of the result
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or above 2^48
     */
    public Bilinear(long first, long second, long out, Rng rng) {
        this(first, second, out, true, rng);
    }

    /**
     * A layer with or without a bias, initialized as PyTorch initializes it.
     *
     * @param first the width of the first input
     * @param second the width of the second input
     * @param out the width of the result
     * @param withBias whether a bias is added
     * @param rng the source of the initial values
     * @throws TensorException if a size is negative or above 2^48
     */
    public Bilinear(long first, long second, long out, boolean withBias, Rng rng) {
        this.first = LayerSizes.checked("bilinear", "first", first);
        LayerSizes.checked("bilinear", "second", second);
        LayerSizes.checked("bilinear", "out", out);
        weight = parameter("weight", Init.fanIn(rng, first, out, first, second));
        bias = withBias ? parameter("bias", Init.fanIn(rng, first, out)) : null;
    }

    /**
     * Computes the layer's result for two inputs.
     *
     * @param a the first input, {@code [..., first]}
     * @param b the second input, {@code [..., second]}
     * @return {@code [..., out]}
     */
    public Tensor forward(Tensor a, Tensor b) {
        return forward(Tensor.cat(-1, a, b));
    }

    /** Takes both inputs side by side, {@code [n, a + b]}. */
    @Override
    protected Tensor compute(Tensor both) {
        Tensor a = both.narrow(1, 0, first);
        Tensor b = both.narrow(1, first, both.shape().size(1) - first);
        long out = weight.leaf().shape().size(0);
        // [n, a] x [a, out * b], then with b over the last dimension
        Tensor left = a.matmul(weight.tensor().permute(1, 0, 2).flatten(1));
        Tensor product =
                left.reshape(-1, out, b.shape().size(1)).matmul(b.unsqueeze(2)).squeeze(2);
        return bias == null ? product : product.add(bias.tensor());
    }

    @Override
    protected String attributes() {
        long[] sizes = weight.leaf().shape().toArray();
        return "in1=" + sizes[1] + ", in2=" + sizes[2] + ", out=" + sizes[0] + ", bias=" + (bias != null);
    }
}
