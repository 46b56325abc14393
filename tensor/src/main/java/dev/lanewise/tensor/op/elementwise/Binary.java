package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.SpecialFunctions;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * Elementwise functions of two operands of one type, whose shapes broadcast. The constants whose names end in
 * {@code _GRAD} are the backward passes of activations in one pass over memory: {@code (upstream gradient, y or x)}.
 */
public enum Binary implements Op {
    /** {@code a + b}. */
    ADD(DType.NUMBERS),
    /** {@code a - b}. */
    SUB(DType.NUMBERS),
    /** {@code a * b}. */
    MUL(DType.NUMBERS),
    /** {@code a / b}. */
    DIV(DType.FLOATING),
    /** {@code a^b}; for integers 0 where the exact power is a fraction. */
    POW(DType.NUMBERS),
    /** The larger one; NaN if either is NaN. */
    MAXIMUM(DType.NUMBERS),
    /** The smaller one; NaN if either is NaN. */
    MINIMUM(DType.NUMBERS),
    /**
     * The largest whole number not above the exact quotient, like Python's {@code //}: 1 divided by 0.1 is 9, because
     * the floating-point number nearest to 0.1 is slightly larger. A floating-point number divided by 0 is
     * {@code a / b}; integers divided by 0 give 0, as in NumPy.
     */
    FLOOR_DIV(DType.NUMBERS),
    /**
     * {@code a - b * floor(a / b)}, with the sign of b as with Python's {@code %}, even where the result is 0; where b
     * is 0, NaN for floating-point numbers and 0 for integers.
     */
    REMAINDER(DType.NUMBERS),
    /** The angle of the point (b, a) in radians. */
    ATAN2(DType.FLOATING),
    /** Bitwise and. */
    AND(DType.BITS),
    /** Bitwise or. */
    OR(DType.BITS),
    /** Bitwise exclusive or. */
    XOR(DType.BITS),
    /** {@code a << b}; 0 where b is 64 or more, or negative. */
    SHL(DType.INTEGERS),
    /** {@code a >> b} with the sign kept; b outside 0 to 63 counts as 63. */
    SHR(DType.INTEGERS),
    /** {@code g} where the activation {@code y} is positive or NaN, else 0. */
    RELU_GRAD(DType.FLOATING),
    /** {@code g * y * (1 - y)}. */
    SIGMOID_GRAD(DType.FLOATING),
    /** {@code g * (1 - y^2)}. */
    TANH_GRAD(DType.FLOATING),
    /** The gradient of {@link Unary#GELU} at {@code x}. */
    GELU_GRAD(DType.FLOATING),
    /** The gradient of {@link Unary#GELU_TANH} at {@code x}. */
    GELU_TANH_GRAD(DType.FLOATING),
    /** The gradient of {@link Unary#SILU} at {@code x}. */
    SILU_GRAD(DType.FLOATING);

    private final Set<DType> dtypes;
    private final String opName = Check.lower(this);

    Binary(Set<DType> dtypes) {
        this.dtypes = dtypes;
    }

    /**
     * The function's value for floating-point elements.
     *
     * @param a the left element
     * @param b the right element
     * @return the result's element
     */
    public double apply(double a, double b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case POW -> SpecialFunctions.pow(a, b);
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
            case FLOOR_DIV -> SpecialFunctions.floorDiv(a, b);
            case REMAINDER -> SpecialFunctions.remainder(a, b);
            case ATAN2 -> Math.atan2(a, b);
            case RELU_GRAD -> b <= 0 ? 0 : a;
            case SIGMOID_GRAD -> a * b * (1 - b);
            case TANH_GRAD -> a * (1 - b * b);
            case GELU_GRAD -> a * SpecialFunctions.geluDerivative(b);
            case GELU_TANH_GRAD -> a * SpecialFunctions.geluTanhDerivative(b);
            case SILU_GRAD -> a * SpecialFunctions.siluDerivative(b);
            case AND, OR, XOR, SHL, SHR ->
                throw new TensorException(opName + ": has no meaning for floating-point numbers");
        };
    }

    /**
     * The function's value for integers or truth values (0 or 1), before it wraps to the element type.
     *
     * @param a the left element
     * @param b the right element
     * @return the result's element
     */
    public long apply(long a, long b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case POW -> integerPower(a, b);
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
            case FLOOR_DIV -> b == 0 ? 0 : Math.floorDiv(a, b);
            case REMAINDER -> b == 0 ? 0 : Math.floorMod(a, b);
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case SHL -> b < 0 || b > 63 ? 0 : a << b;
            case SHR -> a >> (b < 0 || b > 63 ? 63 : b);
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
