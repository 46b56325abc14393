package dev.lanewise.lm.part;

import dev.lanewise.lm.weights.Config;
import dev.lanewise.tensor.Tensor;
import java.util.function.UnaryOperator;

/** The activations of feed-forward layers, by their names in config files. */
public enum Gate {
    /** Gaussian error linear units, by the error function. */
    GELU(Tensor::gelu),
    /** The same by the hyperbolic tangent. */
    GELU_TANH(Tensor::geluTanh),
    /** {@code x sigmoid(1.702 x)}. */
    QUICK_GELU(x -> x.mul(1.702).sigmoid().mul(x)),
    /** {@code x sigmoid(x)}. */
    SILU(Tensor::silu),
    /** {@code max(x, 0)}. */
    RELU(Tensor::relu),
    /** The hyperbolic tangent. */
    TANH(Tensor::tanh);

    private final UnaryOperator<Tensor> function;

    Gate(UnaryOperator<Tensor> function) {
        this.function = function;
    }

    /** The function of elements. */
    public Tensor apply(Tensor x) {
        return function.apply(x);
    }

    /** The function that a setting names. */
    public static Gate of(Config config, String setting, String absent) {
        return switch (config.text(setting, absent)) {
            case "gelu", "gelu_python" -> GELU;
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate" -> GELU_TANH;
            case "quick_gelu" -> QUICK_GELU;
            case "silu", "swish" -> SILU;
            case "relu" -> RELU;
            case "tanh" -> TANH;
            default ->
                throw config.refused(setting, "gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, silu, relu or tanh");
        };
    }
}
