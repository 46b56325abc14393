package dev.lanewise.lm.quant;

import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code x weight^T + bias} with a weight of few bits, which is not trained; gradients for x and the bias flow through
 * it.
 *
 * <pre>{@code
 * QuantizedLinear layer = new QuantizedLinear(QuantizedWeight.int8(weight), bias);
 * }</pre>
 */
public final class QuantizedLinear extends WeightLayer {
    private final @Nullable Parameter bias;

    /**
     * A layer of a rounded weight and a bias that is not rounded.
     *
     * @param weight the weight, of few bits
     * @param bias {@code [out]}, or null
     */
    public QuantizedLinear(QuantizedWeight weight, @Nullable Parameter bias) {
        Objects.requireNonNull(weight, "weight");
        this.bias = bias == null ? null : parameter("bias", bias);
        begin(weight);
    }

    @Override
    protected Tensor product(Tensor x) {
        throw new IllegalStateException("the weight is packed");
    }

    @Override
    public Parameter weight() {
        return unpacked(null);
    }

    @Override
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    protected void weightPacked() {
        // there was none
    }

    @Override
    protected String attributes() {
        return "in=" + in() + ", out=" + out() + ", bias=" + (bias != null);
    }
}
