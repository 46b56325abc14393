package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/**
 * {@code out_k = a^T W_k b + bias_k} of two inputs {@code [..., a], [..., b] -> [..., out]}, with {@code weight [out, a, b]}.
 */
public final class Bilinear extends Layer {
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
        LayerSizes.checked("bilinear", "first", first);
        LayerSizes.checked("bilinear", "second", second);
        LayerSizes.checked("bilinear", "out", out);
        weight = parameter("weight", Init.fanIn(rng, first, out, first, second));
        bias = withBias ? parameter("bias", Init.fanIn(rng, first, out)) : null;
    }

    /**
     * Computes the layer's result for two inputs.
     *
     * @param a the first input, {@code [..., first]}
     * @param b the second input, {@code [..., second]}, of the same sizes before
     * @return {@code [..., out]}
     * @throws TensorException if the inputs have other widths, or differ in the sizes before
     */
    public Tensor forward(Tensor a, Tensor b) {
        Shape sizes = weight.leaf().shape();
        Shape leading = a.shape().rank() == 0 ? a.shape() : a.shape().without(-1);
        if (!a.shape().equals(leading.concat(Shape.of(sizes.size(1))))
                || !b.shape().equals(leading.concat(Shape.of(sizes.size(2))))) {
            throw new TensorException("bilinear: inputs " + a.spec() + " and " + b.spec() + " (expected [..., "
                    + sizes.size(1) + "] and [..., " + sizes.size(2)
                    + "] with the same sizes before); reshape them, or swap them?");
        }
        return called(() -> product(a, b, leading));
    }

    private Tensor product(Tensor a, Tensor b, Shape leading) {
        long[] sizes = weight.leaf().shape().toArray();
        long rows = leading.elements();
        // [n, a] x [a, out * b], then with b over the last dimension
        Tensor left = a.reshape(rows, sizes[1])
                .matmul(weight.tensor().permute(1, 0, 2).flatten(1));
        Tensor product = left.reshape(rows, sizes[0], sizes[2])
                .matmul(b.reshape(rows, sizes[2], 1))
                .squeeze(2);
        Tensor result = bias == null ? product : product.add(bias.tensor());
        return result.reshape(leading.concat(Shape.of(sizes[0])));
    }

    @Override
    protected String attributes() {
        long[] sizes = weight.leaf().shape().toArray();
        return "in1=" + sizes[1] + ", in2=" + sizes[2] + ", out=" + sizes[0] + ", bias=" + (bias != null);
    }
}
