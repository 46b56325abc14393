package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.SpecialFunctions;
import dev.lanewise.tensor.op.Op;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Elementwise functions of two operands of one type, whose shapes broadcast. The constants whose names end in
 * {@code _GRAD} are the backward passes of activations in one pass over memory: {@code (upstream gradient, y or x)}.
 */
public enum Binary implements Op {
    /** {@code a + b}. */
    ADD((a, b) -> a + b, (a, b) -> a + b),
    /** {@code a - b}. */
    SUB((a, b) -> a - b, (a, b) -> a - b),
    /** {@code a * b}. */
    MUL((a, b) -> a * b, (a, b) -> a * b),
    /** {@code a / b}. */
    DIV((a, b) -> a / b),
    /** {@code a^b}; for integers 0 where the exact power is a fraction. */
    POW(SpecialFunctions::pow, Binary::integerPower),
    /** The larger one; NaN if either is NaN. */
    MAXIMUM(Math::max, Math::max),
    /** The smaller one; NaN if either is NaN. */
    MINIMUM(Math::min, Math::min),
    /**
     * The largest whole number not above the exact quotient, like Python's {@code //}: 1 divided by 0.1 is 9, because
     * the floating-point number nearest to 0.1 is slightly larger. A floating-point number divided by 0 is
     * {@code a / b}; integers divided by 0 give 0, as in NumPy.
     */
    FLOOR_DIV(SpecialFunctions::floorDiv, (a, b) -> b == 0 ? 0 : Math.floorDiv(a, b)),
    /**
     * {@code a - b * floor(a / b)}, with the sign of b as with Python's {@code %}, even where the result is 0; where b
     * is 0, NaN for floating-point numbers and 0 for integers.
     */
    REMAINDER(SpecialFunctions::remainder, (a, b) -> b == 0 ? 0 : Math.floorMod(a, b)),
    /** The angle of the point (b, a) in radians. */
    ATAN2(Math::atan2),
    /** Bitwise and. */
    AND(DType.BITS, null, (a, b) -> a & b),
    /** Bitwise or. */
    OR(DType.BITS, null, (a, b) -> a | b),
    /** Bitwise exclusive or. */
    XOR(DType.BITS, null, (a, b) -> a ^ b),
    /** {@code a << b}; 0 where b is 64 or more, or negative. */
    SHL(DType.INTEGERS, null, (a, b) -> b < 0 || b > 63 ? 0 : a << b),
    /** {@code a >> b} with the sign kept; b outside 0 to 63 counts as 63. */
    SHR(DType.INTEGERS, null, (a, b) -> a >> (b < 0 || b > 63 ? 63 : b)),
    /** {@code g} where the activation {@code y} is positive or NaN, else 0. */
    RELU_GRAD((g, y) -> y <= 0 ? 0 : g),
    /** {@code g * y * (1 - y)}. */
    SIGMOID_GRAD((g, y) -> g * y * (1 - y)),
    /** {@code g * (1 - y^2)}. */
    TANH_GRAD((g, y) -> g * (1 - y * y)),
    /** The gradient of {@link Unary#GELU} at {@code x}. */
    GELU_GRAD((g, x) -> g * SpecialFunctions.geluDerivative(x)),
    /** The gradient of {@link Unary#GELU_TANH} at {@code x}. */
    GELU_TANH_GRAD((g, x) -> g * SpecialFunctions.geluTanhDerivative(x)),
    /** The gradient of {@link Unary#SILU} at {@code x}. */
    SILU_GRAD((g, x) -> g * SpecialFunctions.siluDerivative(x));

    private final Set<DType> dtypes;
    private final @Nullable DoubleBinaryOperator real;
    private final @Nullable LongBinaryOperator integer;

    Binary(DoubleBinaryOperator real) {
        this(DType.FLOATING, real, null);
    }

    Binary(DoubleBinaryOperator real, LongBinaryOperator integer) {
        this(DType.NUMBERS, real, integer);
    }

    Binary(Set<DType> dtypes, @Nullable DoubleBinaryOperator real, @Nullable LongBinaryOperator integer) {
        this.dtypes = dtypes;
        this.real = real;
        this.integer = integer;
    }

    /**
     * The function's value for floating-point elements.
     *
     * @param a the left element
     * @param b the right element
     * @return the result's element
     */
    public double apply(double a, double b) {
        if (real == null) {
            throw new TensorException(opName() + ": has no meaning for floating-point numbers");
        }
        return real.applyAsDouble(a, b);
    }

    /**
     * The function's value for integers or truth values (0 or 1), before it wraps to the element type.
     *
     * @param a the left element
     * @param b the right element
     * @return the result's element
     */
    public long apply(long a, long b) {
        if (integer == null) {
            throw new TensorException(opName() + ": has no meaning for integers");
        }
        return integer.applyAsLong(a, b);
    }

    @Override
    public String opName() {
        return Check.lower(this);
    }

    @Override
    public boolean isPartial() {
        return switch (this) {
            case DIV, POW, FLOOR_DIV, REMAINDER -> true;
            default -> false;
        };
    }

    @Override
    public Set<DType> dtypes() {
        return dtypes;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.sameDtype(this, in);
        Check.dtype(this, in[0], dtypes);
        return Check.one(in[0].with(Shape.broadcast(opName(), in[0].shape(), in[1].shape())));
    }

    private static long integerPower(long base, long exponent) {
        if (exponent < 0) {
            return base == 1 ? 1 : base == -1 ? ((exponent & 1) == 0 ? 1 : -1) : 0;
        }
        long result = 1;
        long square = base;
        for (long e = exponent; e > 0; e >>= 1) {
            if ((e & 1) == 1) {
                result *= square;
            }
            square *= square;
        }
        return result;
    }
}
