package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * An elementwise function, or one along a dimension, as a layer: {@code Activation.gelu()}. Names and defaults are
 * PyTorch's. {@link ReLU} and {@link PReLU}, whose slopes are trained, have classes of their own; any other function is
 * a {@link Lambda}.
 */
public final class Activation extends Layer {
    private static final double SELU_ALPHA = 1.6732632423543772;
    private static final double SELU_SCALE = 1.0507009873554805;

    private final String name;
    private final UnaryOperator<Tensor> function;

    private Activation(String name, UnaryOperator<Tensor> function) {
        this.name = name;
        this.function = function;
    }

    /**
     * {@code x * Phi(x)} with the standard normal distribution function Phi; see {@link Tensor#gelu}.
     *
     * @return the layer
     */
    public static Activation gelu() {
        return new Activation("gelu", Tensor::gelu);
    }

    /**
     * The approximation of GELU by tanh that GPT-2 was trained with, PyTorch's {@code GELU(approximate='tanh')}; see
     * {@link Tensor#geluTanh}.
     *
     * @return the layer
     */
    public static Activation geluTanh() {
        return new Activation("gelu_tanh", Tensor::geluTanh);
    }

    /**
     * The hyperbolic tangent of each element, from -1 to 1.
     *
     * @return the layer
     */
    public static Activation tanh() {
        return new Activation("tanh", Tensor::tanh);
    }

    /**
     * {@code 1 / (1 + e^-x)}, from 0 to 1.
     *
     * @return the layer
     */
    public static Activation sigmoid() {
        return new Activation("sigmoid", Tensor::sigmoid);
    }

    /**
     * {@code x * sigmoid(x)}, also called swish (Elfwing et al. 2017, arXiv:1702.03118).
     *
     * @return the layer
     */
    public static Activation silu() {
        return new Activation("silu", Tensor::silu);
    }

    /**
     * {@code x * tanh(log(1 + e^x))} (Misra 2019, arXiv:1908.08681).
     *
     * @return the layer
     */
    public static Activation mish() {
        return new Activation("mish", Tensor::mish);
    }

    /**
     * A piecewise linear sigmoid, {@code min(max(x / 6 + 1 / 2, 0), 1)}.
     *
     * @return the layer
     */
    public static Activation hardsigmoid() {
        return new Activation("hardsigmoid", Tensor::hardsigmoid);
    }

    /**
     * {@code x * hardsigmoid(x)} (Howard et al. 2019, arXiv:1905.02244).
     *
     * @return the layer
     */
    public static Activation hardswish() {
        return new Activation("hardswish", x -> x.mul(x.hardsigmoid()));
    }

    /**
     * {@code clamp(x, least, most)}; PyTorch's defaults are -1 and 1.
     *
     * @param least the lower bound
     * @param most the upper bound
     * @return the layer
     */
    public static Activation hardtanh(double least, double most) {
        return new Activation("hardtanh(" + least + ", " + most + ")", x -> x.hardtanh(least, most));
    }

    /**
     * A layer that computes {@code clamp(x, 0, 6)} elementwise.
     *
     * @return the layer
     */
    public static Activation relu6() {
        return new Activation("relu6", x -> x.hardtanh(0, 6));
    }

    /**
     * {@code x} above 0, {@code slope * x} below; PyTorch's default slope is 0.01.
     *
     * @param slope the factor below 0
     * @return the layer
     */
    public static Activation leakyRelu(double slope) {
        return new Activation("leaky_relu(" + slope + ")", x -> x.leakyRelu(slope));
    }

    /**
     * {@code x} above 0, {@code alpha * (e^x - 1)} below (Clevert et al. 2015, arXiv:1511.07289); PyTorch's default is
     * 1.
     *
     * @param alpha the negative of the limit as x goes to negative infinity
     * @return the layer
     */
    public static Activation elu(double alpha) {
        return new Activation("elu(" + alpha + ")", x -> x.elu(alpha));
    }

    /**
     * ELU scaled so that activations normalize themselves (Klambauer et al. 2017, arXiv:1706.02515).
     *
     * @return the layer
     */
    public static Activation selu() {
        return new Activation("selu", x -> x.elu(SELU_ALPHA).mul(SELU_SCALE));
    }

    /**
     * {@code x} above 0, {@code alpha * (e^(x / alpha) - 1)} below (Barron 2017, arXiv:1704.07483).
     *
     * @param alpha the negative of the limit as x goes to negative infinity
     * @return the layer
     */
    public static Activation celu(double alpha) {
        return new Activation("celu(" + alpha + ")", x -> x.div(alpha).elu(1).mul(alpha));
    }

    /**
     * {@code log(1 + e^(beta x)) / beta}; PyTorch's default is 1.
     *
     * @param beta how sharply the curve bends
     * @return the layer
     */
    public static Activation softplus(double beta) {
        return new Activation(
                "softplus(" + beta + ")", x -> x.mul(beta).softplus().div(beta));
    }

    /**
     * A layer that computes {@code x / (1 + |x|)} elementwise.
     *
     * @return the layer
     */
    public static Activation softsign() {
        return new Activation("softsign", x -> x.div(x.abs().add(1)));
    }

    /**
     * A layer that computes {@code log(sigmoid(x))} elementwise, accurate for large negative x.
     *
     * @return the layer
     */
    public static Activation logSigmoid() {
        return new Activation("log_sigmoid", x -> x.neg().softplus().neg());
    }

    /**
     * A layer that computes {@code x - tanh(x)} elementwise.
     *
     * @return the layer
     */
    public static Activation tanhshrink() {
        return new Activation("tanhshrink", x -> x.sub(x.tanh()));
    }

    /**
     * {@code x} moved towards 0 by {@code lambda}, 0 where it would cross it; PyTorch's default is 0.5.
     *
     * @param lambda the threshold, 0 or more
     * @return the layer
     */
    public static Activation softshrink(double lambda) {
        return new Activation("softshrink(" + lambda + ")", x -> x.sub(x.clamp(-lambda, lambda)));
    }

    /**
     * {@code x} where {@code |x| > lambda}, else 0; PyTorch's default is 0.5.
     *
     * @param lambda the threshold, 0 or more
     * @return the layer
     */
    public static Activation hardshrink(double lambda) {
        return new Activation(
                "hardshrink(" + lambda + ")", x -> x.abs().gt(lambda).where(x, x.zerosLike()));
    }

    /**
     * {@code x} where it is above a threshold, else a value.
     *
     * @param threshold the threshold
     * @param value the value that replaces elements that are not above it
     * @return the layer
     */
    public static Activation threshold(double threshold, double value) {
        return new Activation("threshold(" + threshold + ", " + value + ")", x -> x.maskedFill(x.le(threshold), value));
    }

    /**
     * {@code e^x / sum(e^x)} along a dimension.
     *
     * @param dim the dimension; negative numbers count from the end
     * @return the layer
     */
    public static Activation softmax(int dim) {
        return new Activation("softmax(" + dim + ")", x -> x.softmax(dim));
    }

    /**
     * A layer that computes the logarithm of the {@link #softmax} along a dimension.
     *
     * @param dim the dimension; negative numbers count from the end
     * @return the layer
     */
    public static Activation logSoftmax(int dim) {
        return new Activation("log_softmax(" + dim + ")", x -> x.logSoftmax(dim));
    }

    /**
     * A layer that computes the {@link #softmax} of {@code -x} along a dimension.
     *
     * @param dim the dimension; negative numbers count from the end
     * @return the layer
     */
    public static Activation softmin(int dim) {
        return new Activation("softmin(" + dim + ")", x -> x.neg().softmax(dim));
    }

    /**
     * The first half along a dimension times the sigmoid of the second (Dauphin et al. 2016, arXiv:1612.08083).
     *
     * @param dim the dimension; negative numbers count from the end
     * @return the layer
     */
    public static Activation glu(int dim) {
        return new Activation("glu(" + dim + ")", x -> {
            long half = x.shape().size(dim) / 2;
            return x.narrow(dim, 0, half).mul(x.narrow(dim, half, half).sigmoid());
        });
    }

    /** {@return whether each element is computed by itself, and not with others along a dimension} */
    public boolean isElementwise() {
        // functions along a dimension are named with it
        return !name.matches("(softmax|log_softmax|softmin|glu)\\(.*");
    }

    @Override
    protected Tensor compute(Tensor x) {
        return function.apply(x);
    }

    @Override
    protected String attributes() {
        return name;
    }
}
