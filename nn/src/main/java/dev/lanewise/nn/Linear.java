package dev.lanewise.nn;

import dev.lanewise.nn.internal.LayerSizes;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.jspecify.annotations.Nullable;

/**
 * {@code x weight^T + bias}: {@code [..., in] -> [..., out]}, with {@code weight [out, in]} and {@code bias [out]}. A width
 * may be 0, as in PyTorch: without inputs the result is the bias, which is 0 to begin with.
 */
public final class Linear extends WeightLayer {
    private @Nullable Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * A layer with bias, initialized from the global random stream.
     *
     * @param in the width of the input
     * @param out the width of the result
     * @throws TensorException if a width is negative or above 2^48
     */
    public Linear(long in, long out) {
        this(in, out, true, Rng.global());
    }

    /**
     * A layer with or without a bias, initialized from the global random stream.
     *
     * @param in the width of the input
     * @param out the width of the result
     * @param withBias whether a bias is added
     * @throws TensorException if a width is negative or above 2^48
     */
    public Linear(long in, long out, boolean withBias) {
        this(in, out, withBias, Rng.global());
    }

    /**
     * A layer with a bias, whose initial values are drawn from the given stream.
     *
     * @param in the width of the input
     * @param out the width of the result
     * @param rng the source of the initial values
     * @throws TensorException if a width is negative or above 2^48
     */
    public Linear(long in, long out, Rng rng) {
        this(in, out, true, rng);
    }

    /**
     * A layer with or without a bias, whose initial values are drawn from the given stream.
     *
     * @param in the width of the input
     * @param out the width of the result
     * @param withBias whether a bias is added
     * @param rng the source of the initial values
     * @throws TensorException if a width is negative or above 2^48
     */
    public Linear(long in, long out, boolean withBias, Rng rng) {
        LayerSizes.checked("linear", "in", in);
        LayerSizes.checked("linear", "out", out);
        weight = parameter("weight", Init.fanIn(rng, in, out, in));
        bias = withBias ? parameter("bias", Init.fanIn(rng, in, out)) : null;
    }

    /**
     * A layer over given parameters, which other layers may share.
     *
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     * @throws TensorException if the weight is not a matrix, or the bias has another size than its rows
     */
    public Linear(Parameter weight, @Nullable Parameter bias) {
        Shape shape = weight.leaf().shape();
        if (shape.rank() != 2 || bias != null && !bias.leaf().shape().equals(Shape.of(shape.size(0)))) {
            throw new TensorException("linear: weight " + weight.leaf().spec() + " and bias "
                    + (bias == null ? "none" : bias.leaf().spec())
                    + " (expected [out, in] and [out]); transpose the weight?");
        }
        this.weight = parameter("weight", weight);
        this.bias = bias == null ? null : parameter("bias", bias);
    }

    @Override
    protected Tensor product(Tensor x) {
        return x.linear(weight().tensor(), bias == null ? null : bias.tensor());
    }

    /** The layer followed by a ReLU, in one operation unless an adaptation is present. */
    Tensor computeWithRelu(Tensor x) {
        return isPlain()
                ? x.linearRelu(weight().tensor(), bias == null ? null : bias.tensor())
                : forward(x).relu();
    }

    /** {@return the matrix {@code [out, in]} that inputs are multiplied by} */
    @Override
    public Parameter weight() {
        return unpacked(weight);
    }

    @Override
    protected void weightPacked() {
        weight = null;
    }

    /** {@return what is added to each output, {@code [out]}, or null} */
    @Override
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    protected String attributes() {
        return "in=" + in() + ", out=" + out() + ", bias=" + (bias != null);
    }
}
