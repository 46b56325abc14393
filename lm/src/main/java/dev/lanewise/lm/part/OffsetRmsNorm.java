package dev.lanewise.lm.part;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;

/** {@code x / sqrt(mean(x^2) + epsilon) * (1 + weight)} over the last dimension: Gemma's norm. */
public final class OffsetRmsNorm extends Layer {
    private final Parameter weight;
    private final double epsilon;

    /** A layer over a given parameter {@code [size]}. */
    public OffsetRmsNorm(Parameter weight, double epsilon) {
        this.weight = parameter("weight", weight);
        this.epsilon = epsilon;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.rmsNorm(1, weight.tensor().add(1), epsilon);
    }

    @Override
    protected String attributes() {
        return "eps=" + epsilon;
    }
}
