package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.internal.SpecialFunctions;
import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/**
 * An elementwise function of one operand and one or two numbers; the result has the operand's shape and type.
 *
 * @param kind the function
 * @param a its first number
 * @param b its second number, 0 for a function of one number
 */
public record UnaryWith(Kind kind, double a, double b) implements Op {
    /** Checks the attributes. */
    public UnaryWith {
        Check.present("unary_with", "kind", kind);
    }

    /** The functions, which {@link #apply(double)} defines. */
    public enum Kind {
        /** {@code x + a}. */
        ADD(DType.NUMBERS),
        /** {@code x * a}. */
        MUL(DType.NUMBERS),
        /** {@code a - x}. */
        RSUB(DType.NUMBERS),
        /** {@code x / a}. */
        DIV(DType.FLOATING),
        /** {@code a / x}. */
        RDIV(DType.FLOATING),
        /** {@code x^a}. */
        POW(DType.FLOATING),
        /** {@code x} above 0, {@code a * x} below. */
        LEAKY_RELU(DType.FLOATING),
        /** {@code x} above 0, {@code a * (e^x - 1)} below (Clevert et al. 2015, arXiv:1511.07289). */
        ELU(DType.FLOATING),
        /** {@code min(max(x, a), b)}; NaN for NaN. */
        CLAMP(DType.NUMBERS),
        /** Like {@link #CLAMP}, but its gradient is 0 at the bounds themselves, where that of a clamp is 1. */
        HARDTANH(DType.FLOATING);

        private final Set<DType> dtypes;

        Kind(Set<DType> dtypes) {
            this.dtypes = dtypes;
        }
    }

    /**
     * A function of one number.
     *
     * @param kind the function
     * @param a its number
     */
    public UnaryWith(Kind kind, double a) {
        this(kind, a, 0);
    }

    /** {@return whether the function uses its second number} */
    public boolean takesTwo() {
        return kind == Kind.CLAMP || kind == Kind.HARDTANH;
    }

    /**
     * The function's value for a floating-point element.
     *
     * @param x the element
     * @return the result's element
     */
    public double apply(double x) {
        return switch (kind) {
            case ADD -> x + a;
            case MUL -> x * a;
            case RSUB -> a - x;
            case DIV -> x / a;
            case RDIV -> a / x;
            case POW -> SpecialFunctions.pow(x, a);
            case LEAKY_RELU -> x > 0 ? x : a * x;
            case ELU -> x > 0 ? x : a * Math.expm1(x);
            case CLAMP, HARDTANH -> Math.min(Math.max(x, a), b);
        };
    }

    /**
     * The function's value for an integer, before it wraps to the element type.
     *
     * @param x the element
     * @return the result's element
     */
    public long apply(long x) {
        return switch (kind) {
            case ADD -> x + (long) a;
            case MUL -> x * (long) a;
            case RSUB -> (long) a - x;
            case CLAMP -> Math.min(Math.max(x, (long) a), (long) b);
            case DIV, RDIV, POW, LEAKY_RELU, ELU, HARDTANH -> (long) apply((double) x);
        };
    }

    @Override
    public String opName() {
        return switch (kind) {
            case LEAKY_RELU, ELU, CLAMP, HARDTANH -> Check.lower(kind);
            case ADD, MUL, RSUB, DIV, RDIV, POW -> Check.lower(kind) + "_scalar";
        };
    }

    @Override
    public boolean isPartial() {
        return switch (kind) {
            case DIV, RDIV, POW -> true;
            case ADD, MUL, RSUB, LEAKY_RELU, ELU, CLAMP, HARDTANH -> false;
        };
    }

    @Override
    public Set<DType> dtypes() {
        return kind.dtypes;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], kind.dtypes);
        if (!in[0].dtype().isFloating()) {
            checkInteger(in[0]);
        }
        return Check.one(in[0]);
    }

    /** The bounds of a clamp may be infinite, as long as the results are elements of the type. */
    private void checkInteger(TensorSpec in) {
        if (!(isWhole(a) && isWhole(b))) {
            throw Check.failure(
                    this,
                    "the number " + (isWhole(a) ? b : a) + " is not a whole number for " + in,
                    "cast the tensor with to(DType.F32)");
        }
        boolean fits = kind == Kind.CLAMP
                ? a <= WholeNumbers.most(in.dtype()) && b >= WholeNumbers.least(in.dtype())
                : Math.abs(a) < 0x1p63;
        if (!fits) {
            throw Check.failure(
                    this,
                    "the number " + a + (kind == Kind.CLAMP ? " or " + b : "") + " is outside the range of " + in,
                    "cast the tensor with to(DType.F64)");
        }
    }

    private static boolean isWhole(double v) {
        return v == Math.rint(v);
    }
}
