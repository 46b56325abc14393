package dev.lanewise.lm.part;

import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code x weight + bias}: a linear layer whose weight is {@code [in, out]}, as in GPT-2's checkpoints. */
public final class Conv1D extends WeightLayer {
    private @Nullable Parameter weight;
    private final Parameter bias;

    /**
     * A layer over given parameters.
     *
     * @param weight {@code [in, out]}
     * @param bias {@code [out]}
     */
    public Conv1D(Parameter weight, Parameter bias) {
        this.weight = parameter("weight", weight);
        this.bias = parameter("bias", bias);
    }

    @Override
    protected Tensor product(Tensor x) {
        return x.linear(weight().tensor().transpose(0, 1), bias.tensor());
    }

    /** The weight, {@code [in, out]}. */
    @Override
    public Parameter weight() {
        return unpacked(weight);
    }

    @Override
    protected void weightPacked() {
        weight = null;
    }

    @Override
    public Parameter bias() {
        return bias;
    }

    @Override
    public boolean isInputFirst() {
        return true;
    }

    @Override
    protected String attributes() {
        return "in=" + in() + ", out=" + out();
    }
}
