package dev.lanewise.tensor;

import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.ELU;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.HARDTANH;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.LEAKY_RELU;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.POW;

import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * Mathematical functions and activations of a {@link Tensor}, of each element x: the result is a new tensor of this one's
 * shape and type. They take floating-point types, where a method says nothing else, and throw a {@link TensorException} that
 * names the cast for others. NaN gives NaN. 16-bit elements are computed in {@link DType#F32} and rounded once.
 */
public sealed interface FunctionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor with(UnaryWith.Kind kind, double a) {
        return self().apply(new UnaryWith(kind, a));
    }

    /** {@code x * x}. For floating-point numbers and integers, which wrap around on overflow. */
    default Tensor square() {
        return self().apply(Unary.SQUARE);
    }

    /** {@code e^x}: infinity where that is too large for the type, 0 for negative infinity. */
    default Tensor exp() {
        return self().apply(Unary.EXP);
    }

    /** {@code e^x - 1}, accurate also near 0, where the difference of {@link #exp()} and 1 loses digits. */
    default Tensor expm1() {
        return self().apply(Unary.EXPM1);
    }

    /** The natural logarithm of x: negative infinity for 0, NaN for numbers below 0. */
    default Tensor log() {
        return self().apply(Unary.LOG);
    }

    /** {@code log(1 + x)}, accurate also near 0: negative infinity for -1, NaN for numbers below -1. */
    default Tensor log1p() {
        return self().apply(Unary.LOG1P);
    }

    /** The square root of x: NaN for numbers below 0. */
    default Tensor sqrt() {
        return self().apply(Unary.SQRT);
    }

    /** {@code 1 / sqrt(x)}: infinity for 0, NaN for numbers below 0. */
    default Tensor rsqrt() {
        return self().apply(Unary.RSQRT);
    }

    /** {@code 1 / x}: an infinity with the sign of x for 0. */
    default Tensor reciprocal() {
        return self().apply(Unary.RECIPROCAL);
    }

    /** The sine of x, an angle in radians: NaN for infinities. */
    default Tensor sin() {
        return self().apply(Unary.SIN);
    }

    /** The cosine of x, an angle in radians: NaN for infinities. */
    default Tensor cos() {
        return self().apply(Unary.COS);
    }

    /** The tangent of x, an angle in radians: NaN for infinities. */
    default Tensor tan() {
        return self().apply(Unary.TAN);
    }

    /** The arcsine of x in radians, from -pi/2 to pi/2: NaN outside -1 to 1. */
    default Tensor asin() {
        return self().apply(Unary.ASIN);
    }

    /** The arccosine of x in radians, from 0 to pi: NaN outside -1 to 1. */
    default Tensor acos() {
        return self().apply(Unary.ACOS);
    }

    /** The arctangent of x in radians, from -pi/2 to pi/2, which the infinities give; see {@link #atan2(Tensor)}. */
    default Tensor atan() {
        return self().apply(Unary.ATAN);
    }

    /** The hyperbolic sine of x, {@code (e^x - e^-x) / 2}. */
    default Tensor sinh() {
        return self().apply(Unary.SINH);
    }

    /** The hyperbolic cosine of x, {@code (e^x + e^-x) / 2}. */
    default Tensor cosh() {
        return self().apply(Unary.COSH);
    }

    /** The hyperbolic tangent of x, {@code (e^x - e^-x) / (e^x + e^-x)}, from -1 to 1. */
    default Tensor tanh() {
        return self().apply(Unary.TANH);
    }

    /** The logistic function {@code 1 / (1 + e^-x)}, from 0 to 1, without overflow for large negative x. */
    default Tensor sigmoid() {
        return self().apply(Unary.SIGMOID);
    }

    /**
     * The rectified linear unit {@code max(x, 0)}. For floating-point numbers and integers; its gradient at 0 is 0.
     */
    default Tensor relu() {
        return self().apply(Unary.RELU);
    }

    /**
     * {@code x * sigmoid(x)}, also called swish (Elfwing et al. 2017, arXiv:1702.03118); NaN for negative infinity, as
     * in PyTorch.
     */
    default Tensor silu() {
        return self().apply(Unary.SILU);
    }

    /** {@code log(1 + e^x)}, a smooth {@link #relu()}, without overflow for large x. */
    default Tensor softplus() {
        return self().apply(Unary.SOFTPLUS);
    }

    /** The error function of x, the integral of {@code 2 / sqrt(pi) * e^-t^2} from 0 to x: from -1 to 1. */
    default Tensor erf() {
        return self().apply(Unary.ERF);
    }

    /**
     * {@code x * Phi(x)} with the distribution function Phi of the standard normal distribution (Hendrycks and Gimpel
     * 2016, arXiv:1606.08415).
     */
    default Tensor gelu() {
        return self().apply(Unary.GELU);
    }

    /**
     * The approximation of {@link #gelu()} by tanh from the same paper,
     * {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))}, which GPT-2 was trained with.
     */
    default Tensor geluTanh() {
        return self().apply(Unary.GELU_TANH);
    }

    /** A {@link #sigmoid()} of straight lines, {@code min(max(x / 6 + 1 / 2, 0), 1)}. */
    default Tensor hardsigmoid() {
        return self().apply(Unary.HARDSIGMOID);
    }

    /** {@code x * tanh(softplus(x))} (Misra 2019, arXiv:1908.08681). */
    default Tensor mish() {
        return self().apply(Unary.MISH);
    }

    /** The largest whole number that is not above x. */
    default Tensor floor() {
        return self().apply(Unary.FLOOR);
    }

    /** The smallest whole number that is not below x. */
    default Tensor ceil() {
        return self().apply(Unary.CEIL);
    }

    /**
     * The whole number nearest to x; halves go to the even one, as in Python and IEEE 754: 0.5 and 1.5 become 0 and 2.
     */
    default Tensor round() {
        return self().apply(Unary.ROUND);
    }

    /** x without its fraction: the next whole number towards 0. */
    default Tensor trunc() {
        return self().apply(Unary.TRUNC);
    }

    /**
     * {@code x^exponent}, elementwise; the exponent has this tensor's type and its shape broadcasts. Of floating-point
     * numbers NaN where a negative base has a fraction as exponent; of integers 0 where the exact power is a fraction,
     * and wrapped around where it is too large.
     */
    default Tensor pow(Tensor exponent) {
        return Tensor.apply(Binary.POW, self(), exponent);
    }

    /** {@code x^exponent} with one exponent; NaN where x is negative and the exponent a fraction. */
    default Tensor pow(double exponent) {
        return with(POW, exponent);
    }

    /**
     * The angle of the point {@code (x, this)} in radians, from -pi to pi, by the signs of both; x has this tensor's
     * type and its shape broadcasts.
     */
    default Tensor atan2(Tensor x) {
        return Tensor.apply(Binary.ATAN2, self(), x);
    }

    /** {@code min(max(x, -1), 1)}; see {@link #hardtanh(double, double)}. */
    default Tensor hardtanh() {
        return hardtanh(-1, 1);
    }

    /**
     * {@code min(max(x, least), most)}, an activation: unlike that of {@link Tensor#clamp(double, double) clamp}, its
     * gradient is 0 at the bounds themselves.
     */
    default Tensor hardtanh(double least, double most) {
        return self().apply(new UnaryWith(HARDTANH, least, most));
    }

    /** x where it is above 0, {@code slope * x} elsewhere; NaN stays NaN. */
    default Tensor leakyRelu(double slope) {
        return with(LEAKY_RELU, slope);
    }

    /** x where it is above 0, {@code alpha * (e^x - 1)} elsewhere (Clevert et al. 2015, arXiv:1511.07289). */
    default Tensor elu(double alpha) {
        return with(ELU, alpha);
    }
}
