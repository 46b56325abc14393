package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.SpecialFunctions;
import dev.lanewise.tensor.op.Op;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Elementwise functions of one operand; the result has its shape and type. Each constant carries its scalar definition,
 * which tests compare kernels with.
 */
public enum Unary implements Op {
    /** {@code -x}. */
    NEG(x -> -x, x -> -x),
    /** {@code |x|}. */
    ABS(Math::abs, Math::abs),
    /** -1, 0 or 1; NaN for NaN. */
    SIGN(Math::signum, Long::signum),
    /** {@code x * x}. */
    SQUARE(x -> x * x, x -> x * x),
    /** {@code max(x, 0)}; NaN for NaN. */
    RELU(x -> x < 0 ? 0 : x, x -> Math.max(x, 0)),
    /** Bitwise complement of integers, logical negation of truth values. */
    NOT(DType.BITS, null, x -> ~x),
    /** {@code e^x}. */
    EXP(Math::exp),
    /** {@code e^x - 1}, accurate near 0. */
    EXPM1(Math::expm1),
    /** Natural logarithm. */
    LOG(Math::log),
    /** {@code log(1 + x)}, accurate near 0. */
    LOG1P(Math::log1p),
    /** Square root. */
    SQRT(Math::sqrt),
    /** {@code 1 / sqrt(x)}. */
    RSQRT(x -> 1 / Math.sqrt(x)),
    /** {@code 1 / x}. */
    RECIPROCAL(x -> 1 / x),
    /** Sine of radians. */
    SIN(Math::sin),
    /** Cosine of radians. */
    COS(Math::cos),
    /** Tangent of radians. */
    TAN(Math::tan),
    /** Arcsine in radians. */
    ASIN(Math::asin),
    /** Arccosine in radians. */
    ACOS(Math::acos),
    /** Arctangent in radians. */
    ATAN(Math::atan),
    /** Hyperbolic sine. */
    SINH(Math::sinh),
    /** Hyperbolic cosine. */
    COSH(Math::cosh),
    /** Hyperbolic tangent. */
    TANH(Math::tanh),
    /** {@code 1 / (1 + e^-x)}. */
    SIGMOID(SpecialFunctions::sigmoid),
    /** {@code x * sigmoid(x)}, also called swish (Elfwing et al. 2017, arXiv:1702.03118). */
    SILU(x -> x == Double.NEGATIVE_INFINITY ? Double.NaN : x * SpecialFunctions.sigmoid(x)),
    /** {@code log(1 + e^x)}. */
    SOFTPLUS(SpecialFunctions::softplus),
    /** The error function. */
    ERF(SpecialFunctions::erf),
    /** {@code x * Phi(x)} with the normal distribution function (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
    GELU(SpecialFunctions::gelu),
    /** The approximation of {@link #GELU} by tanh, from the same paper. */
    GELU_TANH(SpecialFunctions::geluTanh),
    /** {@code clamp(x / 6 + 1 / 2, 0, 1)}. */
    HARDSIGMOID(x -> Double.isNaN(x) ? x : Math.min(Math.max(x / 6 + 0.5, 0), 1)),
    /** {@code x * tanh(softplus(x))} (Misra 2019, arXiv:1908.08681). */
    MISH(x -> x * Math.tanh(SpecialFunctions.softplus(x))),
    /** The largest integer not above. */
    FLOOR(Math::floor),
    /** The smallest integer not below. */
    CEIL(Math::ceil),
    /** The nearest integer, halves to even. */
    ROUND(Math::rint),
    /** The integer part. */
    TRUNC(x -> x < 0 ? Math.ceil(x) : Math.floor(x));

    private final Set<DType> dtypes;
    private final @Nullable DoubleUnaryOperator real;
    private final @Nullable LongUnaryOperator integer;

    Unary(DoubleUnaryOperator real) {
        this(DType.FLOATING, real, null);
    }

    Unary(DoubleUnaryOperator real, LongUnaryOperator integer) {
        this(DType.NUMBERS, real, integer);
    }

    Unary(Set<DType> dtypes, @Nullable DoubleUnaryOperator real, @Nullable LongUnaryOperator integer) {
        this.dtypes = dtypes;
        this.real = real;
        this.integer = integer;
    }

    /**
     * The function's value for a floating-point element.
     *
     * @param x the element
     * @return the result's element
     */
    public double apply(double x) {
        if (real == null) {
            throw new TensorException(opName() + ": has no meaning for floating-point numbers");
        }
        return real.applyAsDouble(x);
    }

    /**
     * The function's value for an integer or truth value (0 or 1), before it wraps to the element type.
     *
     * @param x the element
     * @return the result's element
     */
    public long apply(long x) {
        if (integer == null) {
            throw new TensorException(opName() + ": has no meaning for integers");
        }
        return integer.applyAsLong(x);
    }

    @Override
    public String opName() {
        return Check.lower(this);
    }

    @Override
    public boolean isPartial() {
        return switch (this) {
            case LOG, LOG1P, SQRT, RSQRT, RECIPROCAL, ASIN, ACOS -> true;
            default -> false;
        };
    }

    @Override
    public Set<DType> dtypes() {
        return dtypes;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], dtypes);
        return Check.one(in[0]);
    }
}
