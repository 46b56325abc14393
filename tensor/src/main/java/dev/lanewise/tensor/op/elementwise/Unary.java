package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.SpecialFunctions;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Elementwise functions of one operand; the result has its shape and type. {@link #apply(double)} is their scalar definition,
 * which tests compare kernels with.
 */
public enum Unary implements Op {
    /** {@code -x}. */
    NEG(DType.NUMBERS),
    /** {@code |x|}. */
    ABS(DType.NUMBERS),
    /** -1, 0 or 1; NaN for NaN. */
    SIGN(DType.NUMBERS),
    /** {@code x * x}. */
    SQUARE(DType.NUMBERS),
    /** {@code max(x, 0)}; NaN for NaN. */
    RELU(DType.NUMBERS),
    /** Bitwise complement of integers, logical negation of truth values. */
    NOT(DType.BITS),
    /** {@code e^x}. */
    EXP(DType.FLOATING),
    /** {@code e^x - 1}, accurate near 0. */
    EXPM1(DType.FLOATING),
    /** Natural logarithm. */
    LOG(DType.FLOATING),
    /** {@code log(1 + x)}, accurate near 0. */
    LOG1P(DType.FLOATING),
    /** Square root. */
    SQRT(DType.FLOATING),
    /** {@code 1 / sqrt(x)}. */
    RSQRT(DType.FLOATING),
    /** {@code 1 / x}. */
    RECIPROCAL(DType.FLOATING),
    /** Sine of radians. */
    SIN(DType.FLOATING),
    /** Cosine of radians. */
    COS(DType.FLOATING),
    /** Tangent of radians. */
    TAN(DType.FLOATING),
    /** Arcsine in radians. */
    ASIN(DType.FLOATING),
    /** Arccosine in radians. */
    ACOS(DType.FLOATING),
    /** Arctangent in radians. */
    ATAN(DType.FLOATING),
    /** Hyperbolic sine. */
    SINH(DType.FLOATING),
    /** Hyperbolic cosine. */
    COSH(DType.FLOATING),
    /** Hyperbolic tangent. */
    TANH(DType.FLOATING),
    /** {@code 1 / (1 + e^-x)}. */
    SIGMOID(DType.FLOATING),
    /** {@code x * sigmoid(x)}, also called swish (Elfwing et al. 2017, arXiv:1702.03118). */
    SILU(DType.FLOATING),
    /** {@code log(1 + e^x)}. */
    SOFTPLUS(DType.FLOATING),
    /** The error function. */
    ERF(DType.FLOATING),
    /** {@code x * Phi(x)} with the normal distribution function (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
    GELU(DType.FLOATING),
    /** The approximation of {@link #GELU} by tanh, from the same paper. */
    GELU_TANH(DType.FLOATING),
    /** {@code clamp(x / 6 + 1 / 2, 0, 1)}. */
    HARDSIGMOID(DType.FLOATING),
    /** {@code x * tanh(softplus(x))} (Misra 2019, arXiv:1908.08681). */
    MISH(DType.FLOATING),
    /** The largest integer not above. */
    FLOOR(DType.FLOATING),
    /** The smallest integer not below. */
    CEIL(DType.FLOATING),
    /** The nearest integer, halves to even. */
    ROUND(DType.FLOATING),
    /** The integer part. */
    TRUNC(DType.FLOATING);

    private final Set<DType> dtypes;
    private final String opName = Check.lower(this);

    Unary(Set<DType> dtypes) {
        this.dtypes = dtypes;
    }

    /**
     * The function's value for a floating-point element.
     *
     * @param x the element
     * @return the result's element
     */
    public double apply(double x) {
        return switch (this) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case SQUARE -> x * x;
            case RELU -> x < 0 ? 0 : x;
            case EXP -> Math.exp(x);
            case EXPM1 -> Math.expm1(x);
            case LOG -> Math.log(x);
            case LOG1P -> Math.log1p(x);
            case SQRT -> Math.sqrt(x);
            case RSQRT -> 1 / Math.sqrt(x);
            case RECIPROCAL -> 1 / x;
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
            case TAN -> Math.tan(x);
            case ASIN -> Math.asin(x);
            case ACOS -> Math.acos(x);
            case ATAN -> Math.atan(x);
            case SINH -> Math.sinh(x);
            case COSH -> Math.cosh(x);
            case TANH -> Math.tanh(x);
            case SIGMOID -> SpecialFunctions.sigmoid(x);
            case SILU -> x == Double.NEGATIVE_INFINITY ? Double.NaN : x * SpecialFunctions.sigmoid(x);
            case SOFTPLUS -> SpecialFunctions.softplus(x);
            case ERF -> SpecialFunctions.erf(x);
            case GELU -> SpecialFunctions.gelu(x);
            case GELU_TANH -> SpecialFunctions.geluTanh(x);
            case HARDSIGMOID -> Double.isNaN(x) ? x : Math.min(Math.max(x / 6 + 0.5, 0), 1);
            case MISH -> x * Math.tanh(SpecialFunctions.softplus(x));
            case FLOOR -> Math.floor(x);
            case CEIL -> Math.ceil(x);
            case ROUND -> Math.rint(x);
            case TRUNC -> x < 0 ? Math.ceil(x) : Math.floor(x);
            case NOT -> throw new TensorException(opName + ": has no meaning for floating-point numbers");
        };
    }

    /**
     * The function's value for an integer or truth value (0 or 1), before it wraps to the element type.
     *
     * @param x the element
     * @return the result's element
     */
    public long apply(long x) {
        return switch (this) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Long.signum(x);
            case SQUARE -> x * x;
            case RELU -> Math.max(x, 0);
            case NOT -> ~x;
            default -> throw new TensorException(opName + ": has no meaning for integers");
        };
    }

    @Override
    public String opName() {
        return opName;
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
