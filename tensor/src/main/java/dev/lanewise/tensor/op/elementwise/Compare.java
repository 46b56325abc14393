package dev.lanewise.tensor.op.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import java.util.Set;

/** Elementwise comparisons of two operands of one type, whose shapes broadcast; the result is {@link DType#BOOL}. */
public enum Compare implements Op {
    /** {@code a == b}. */
    EQ,
    /** {@code a != b}. */
    NE,
    /** {@code a < b}. */
    LT,
    /** {@code a <= b}. */
    LE,
    /** {@code a > b}. */
    GT,
    /** {@code a >= b}. */
    GE;

    private final String opName = Check.lower(this);

    /**
     * The comparison of floating-point elements; NaN is unequal to everything.
     *
     * @param a the left element
     * @param b the right element
     * @return whether the comparison holds
     */
    public boolean test(double a, double b) {
        return switch (this) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }

    /**
     * {@return whether the comparison holds for two integers}
     *
     * @param a the left element
     * @param b the right element
     */
    public boolean test(long a, long b) {
        return switch (this) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }

    @Override
    public String opName() {
        return opName;
    }

    @Override
    public Set<DType> dtypes() {
        return DType.ALL;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 2);
        Check.sameDtype(this, in);
        return Check.one(new TensorSpec(DType.BOOL, Shape.broadcast(opName(), in[0].shape(), in[1].shape())));
    }
}
