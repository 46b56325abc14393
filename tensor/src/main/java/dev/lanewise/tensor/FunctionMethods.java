package dev.lanewise.tensor;

import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.ELU;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.HARDTANH;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.LEAKY_RELU;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.POW;

import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * Mathematical functions and activations of a {@link Tensor}, of each element x: the result is a new tensor of this one's
 * shape and type. Unless a method says otherwise, they take floating-point types, and throw a {@link TensorException}
 * that names the cast for others. NaN gives NaN. 16-bit elements are computed in {@link DType#F32} and rounded once.
 */
public sealed interface FunctionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor with(UnaryWith.Kind kind, double a) {
        return self().apply(new UnaryWith(kind, a));
    }

    /**
     * {@return {@code x * x}} For floating-point numbers and integers, which wrap around on overflow.
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor square() {
        return self().apply(Unary.SQUARE);
    }

    /**
     * {@return {@code e^x}: infinity where that is too large for the type, 0 for negative infinity}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor exp() {
        return self().apply(Unary.EXP);
    }

    /**
     * {@return {@code e^x - 1}, accurate even near 0, where subtracting 1 from {@link #exp()} loses digits}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor expm1() {
        return self().apply(Unary.EXPM1);
    }

    /**
     * {@return the natural logarithm of x: negative infinity for 0, NaN for numbers below 0}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor log() {
        return self().apply(Unary.LOG);
    }

    /**
     * {@return {@code log(1 + x)}, accurate even near 0: negative infinity for -1, NaN for numbers below -1}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor log1p() {
        return self().apply(Unary.LOG1P);
    }

    /**
     * {@return the square root of x: NaN for numbers below 0}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor sqrt() {
        return self().apply(Unary.SQRT);
    }

    /**
     * {@return {@code 1 / sqrt(x)}: infinity for 0, NaN for numbers below 0}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor rsqrt() {
        return self().apply(Unary.RSQRT);
    }

    /**
     * {@return {@code 1 / x}: an infinity with the sign of x for 0}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor reciprocal() {
        return self().apply(Unary.RECIPROCAL);
    }

    /**
     * {@return the sine of x, an angle in radians: NaN for infinities}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor sin() {
        return self().apply(Unary.SIN);
    }

    /**
     * {@return the cosine of x, an angle in radians: NaN for infinities}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor cos() {
        return self().apply(Unary.COS);
    }

    /**
     * {@return the tangent of x, an angle in radians: NaN for infinities}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor tan() {
        return self().apply(Unary.TAN);
    }

    /**
     * {@return the arcsine of x in radians, from -pi/2 to pi/2: NaN outside -1 to 1}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor asin() {
        return self().apply(Unary.ASIN);
    }

    /**
     * {@return the arccosine of x in radians, from 0 to pi: NaN outside -1 to 1}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor acos() {
        return self().apply(Unary.ACOS);
    }

    /**
     * {@return the arctangent of x in radians, from -pi/2 to pi/2, the values at the infinities; see
     * {@link #atan2(Tensor)}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor atan() {
        return self().apply(Unary.ATAN);
    }

    /**
     * {@return the hyperbolic sine of x, {@code (e^x - e^-x) / 2}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor sinh() {
        return self().apply(Unary.SINH);
    }

    /**
     * {@return the hyperbolic cosine of x, {@code (e^x + e^-x) / 2}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor cosh() {
        return self().apply(Unary.COSH);
    }

    /**
     * {@return the hyperbolic tangent of x, {@code (e^x - e^-x) / (e^x + e^-x)}, from -1 to 1}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor tanh() {
        return self().apply(Unary.TANH);
    }

    /**
     * {@return the logistic function {@code 1 / (1 + e^-x)}, from 0 to 1, without overflow for large negative x}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor sigmoid() {
        return self().apply(Unary.SIGMOID);
    }

    /**
     * {@return the rectified linear unit {@code max(x, 0)}} For floating-point numbers and integers; its gradient at 0 is
     * 0.
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor relu() {
        return self().apply(Unary.RELU);
    }

    /**
     * {@return {@code x * sigmoid(x)}, also called swish (Elfwing et al. 2017, arXiv:1702.03118); NaN for negative
     * infinity, as in PyTorch}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor silu() {
        return self().apply(Unary.SILU);
    }

    /**
     * {@return {@code log(1 + e^x)}, a smooth {@link #relu()}, without overflow for large x}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor softplus() {
        return self().apply(Unary.SOFTPLUS);
    }

    /**
     * {@return the error function of x, the integral of {@code 2 / sqrt(pi) * e^-t^2} from 0 to x: from -1 to 1}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor erf() {
        return self().apply(Unary.ERF);
    }

    /**
     * {@return {@code x * Phi(x)} with the distribution function Phi of the standard normal distribution (Hendrycks and
     * Gimpel 2016, arXiv:1606.08415)}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor gelu() {
        return self().apply(Unary.GELU);
    }

    /**
     * {@return the approximation of {@link #gelu()} by tanh from the same paper, {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x
     * + 0.044715 * x^3)))}, which GPT-2 was trained with}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor geluTanh() {
        return self().apply(Unary.GELU_TANH);
    }

    /**
     * {@return a piecewise linear {@link #sigmoid()}, {@code min(max(x / 6 + 1 / 2, 0), 1)}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor hardsigmoid() {
        return self().apply(Unary.HARDSIGMOID);
    }

    /**
     * {@return {@code x * tanh(softplus(x))} (Misra 2019, arXiv:1908.08681)}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor mish() {
        return self().apply(Unary.MISH);
    }

    /**
     * {@return the largest whole number that is not above x}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor floor() {
        return self().apply(Unary.FLOOR);
    }

    /**
     * {@return the smallest whole number that is not below x}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor ceil() {
        return self().apply(Unary.CEIL);
    }

    /**
     * {@return the whole number nearest to x; halves are rounded to the even one, as in Python and IEEE 754: 0.5 and
     * 1.5 become 0 and 2}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor round() {
        return self().apply(Unary.ROUND);
    }

    /**
     * x without its fraction: rounded towards 0.
     *
     * @return a new tensor of this one's shape and type
     * @throws TensorException if the type is not floating-point
     */
    default Tensor trunc() {
        return self().apply(Unary.TRUNC);
    }

    /**
     * {@return {@code x^exponent}, elementwise; the exponent has this tensor's type and its shape broadcasts} For
     * floating-point numbers NaN where a negative base has a fractional exponent; for integers 0 where the exact power
     * is a fraction, and wrapped around where it is too large.
     *
     * @param exponent the exponents, of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor pow(Tensor exponent) {
        return Tensor.apply(Binary.POW, self(), exponent);
    }

    /**
     * {@return {@code x^exponent} with one exponent for all elements; NaN where x is negative and the exponent is a
     * fraction}
     *
     * @param exponent the exponent of every element
     * @throws TensorException if the type is not floating-point
     */
    default Tensor pow(double exponent) {
        return with(POW, exponent);
    }

    /**
     * {@return {@code x^exponent} with one whole exponent for all elements} Also for integers, as {@link #pow(Tensor)}: 0
     * where the exact power is a fraction, and wrapped around where it is too large.
     *
     * @param exponent the exponent of every element; for integers in the type's range
     * @throws TensorException if an integer type does not hold the exponent
     */
    default Tensor pow(long exponent) {
        return self().dtype().isInteger() ? pow(WholeNumbers.operand("pow", self(), exponent)) : pow((double) exponent);
    }

    /**
     * {@return the angle of the point {@code (x, this)} in radians, from -pi to pi, in the quadrant given by both
     * signs; x has this tensor's type and its shape broadcasts}
     *
     * @param x the first coordinates; this tensor holds the second ones
     * @throws TensorException if the types differ or are not floating-point, or shapes do not broadcast
     */
    default Tensor atan2(Tensor x) {
        return Tensor.apply(Binary.ATAN2, self(), x);
    }

    /**
     * {@return {@code min(max(x, -1), 1)}; see {@link #hardtanh(double, double)}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor hardtanh() {
        return hardtanh(-1, 1);
    }

    /**
     * {@return {@code min(max(x, least), most)}, an activation: unlike the gradient of
     * {@link Tensor#clamp(double, double) clamp}, its gradient is 0 at the bounds themselves}
     *
     * @param least the lower bound
     * @param most the upper bound
     * @throws TensorException if the type is not floating-point
     */
    default Tensor hardtanh(double least, double most) {
        return self().apply(new UnaryWith(HARDTANH, least, most));
    }

    /**
     * x where it is above 0, {@code slope * x} elsewhere; NaN stays NaN.
     *
     * @param slope the factor of elements that are not above 0; 0.01 is PyTorch's default
     * @return a new tensor of this one's shape and type
     * @throws TensorException if the type is not floating-point
     */
    default Tensor leakyRelu(double slope) {
        return with(LEAKY_RELU, slope);
    }

    /**
     * x where it is above 0, {@code alpha * (e^x - 1)} elsewhere (Clevert et al. 2015, arXiv:1511.07289).
     *
     * @param alpha the negative of the limit as x goes to negative infinity; 1 is PyTorch's default
     * @return a new tensor of this one's shape and type
     * @throws TensorException if the type is not floating-point
     */
    default Tensor elu(double alpha) {
        return with(ELU, alpha);
    }
}
