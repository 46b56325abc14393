package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.elementwise.Compare;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Numbers combined with tensors of integers or truth values: the result that Python's unbounded numbers would give, or
 * an error; never a number truncated to the element type.
 */
public final class WholeNumbers {
    /** Every integer from the negative of this up to this is a {@code double}. */
    private static final long MOST_EXACT = 1L << 53;

    private WholeNumbers() {}

    /** The smallest element of an integer type or {@link DType#BOOL}. */
    public static long least(DType dtype) {
        return switch (dtype) {
            case I8 -> Byte.MIN_VALUE;
            case I32 -> Integer.MIN_VALUE;
            case I64 -> Long.MIN_VALUE;
            case U8, BOOL -> 0;
            case F32, F64, F16, BF16 -> throw new IllegalArgumentException("not an integer type: " + dtype);
        };
    }

    /** The largest element of an integer type or {@link DType#BOOL}. */
    public static long most(DType dtype) {
        return switch (dtype) {
            case I8 -> Byte.MAX_VALUE;
            case U8 -> 255;
            case I32 -> Integer.MAX_VALUE;
            case I64 -> Long.MAX_VALUE;
            case BOOL -> 1;
            case F32, F64, F16, BF16 -> throw new IllegalArgumentException("not an integer type: " + dtype);
        };
    }

    /** A number as a scalar of a tensor's type and device. */
    public static Tensor full(Tensor like, Number value) {
        return Tensor.full(value, like.dtype(), like.device());
    }

    /**
     * A number as an operand combined with a tensor: of the tensor's type, and for integers exactly that number.
     *
     * @throws TensorException if an integer type does not hold it
     */
    public static Tensor operand(String op, Tensor like, double value) {
        DType dtype = like.dtype();
        return full(like, dtype.isFloating() ? (Number) value : (Number) element(op, dtype, value));
    }

    /** As {@link #operand(String, Tensor, double)}. */
    public static Tensor operand(String op, Tensor like, long value) {
        DType dtype = like.dtype();
        return full(like, dtype.isFloating() ? value : element(op, dtype, value));
    }

    /** Whether {@code double} represents the integer and its neighbours exactly. */
    public static boolean isExact(long value) {
        return value >= -MOST_EXACT && value <= MOST_EXACT;
    }

    /**
     * A number as an element of an integer type or {@link DType#BOOL}.
     *
     * @throws TensorException if it is a fraction, NaN or outside the type's range
     */
    public static long element(String op, DType dtype, double value) {
        if (value != Math.rint(value) || isBelow(value, dtype) || isAbove(value, dtype)) {
            throw refused(op, dtype, Double.toString(value), value == Math.rint(value));
        }
        return (long) value;
    }

    /** As {@link #element(String, DType, double)}. */
    public static long element(String op, DType dtype, long value) {
        if (value < least(dtype) || value > most(dtype)) {
            throw refused(op, dtype, Long.toString(value), true);
        }
        return value;
    }

    /**
     * A number of any class as a {@code Long}, or as a {@code Double} if it is a fraction or is for a floating-point type:
     * never one that {@link Number#longValue} has cut to 64 bits.
     *
     * @throws TensorException if it is for an integer type, and 64 bits don't hold it
     */
    static Number primitive(String op, DType dtype, Number value) {
        if (value instanceof Float || value instanceof Double) {
            return value;
        }
        if (value instanceof BigInteger n) {
            return whole(op, dtype, n);
        }
        if (value instanceof BigDecimal n) {
            return dtype.isInteger() ? whole(op, dtype, n.toBigInteger()) : (Number) n.doubleValue();
        }
        long whole = value.longValue();
        return value.doubleValue() == whole ? (Number) whole : (Number) value.doubleValue();
    }

    private static Number whole(String op, DType dtype, BigInteger value) {
        if (value.bitLength() < Long.SIZE) {
            return value.longValue();
        }
        if (dtype.isInteger()) {
            throw refused(op, dtype, value.toString(), false);
        }
        return value.doubleValue();
    }

    private static TensorException refused(String op, DType dtype, String value, boolean isWhole) {
        return new TensorException(op + ": the number " + value + " is not an element of " + dtype
                + " (expected a whole number from " + least(dtype) + " to " + most(dtype)
                + "); cast the tensor with to(DType.F64)"
                + (dtype == DType.I64 || !isWhole ? "" : ", or to(DType.I64)"));
    }

    private static boolean isBelow(double value, DType dtype) {
        return value < least(dtype);
    }

    private static boolean isAbove(double value, DType dtype) {
        // 2^63 - 1 is not a double: above it is 2^63
        return dtype == DType.I64 ? value >= 0x1p63 : value > most(dtype);
    }

    /** A tensor of integers or truth values compared with any number. */
    public static Tensor compare(Compare op, Tensor x, double value) {
        boolean whole = value == Math.rint(value);
        if (Double.isNaN(value) || !whole && (op == Compare.EQ || op == Compare.NE)) {
            return constant(x, op == Compare.NE);
        }
        // among integers, below 1.5 is below 2, and above 1.5 is above 1
        boolean up = op == Compare.LT || op == Compare.GE;
        double bound = up ? Math.ceil(value) : Math.floor(value);
        if (isAbove(bound, x.dtype()) || isBelow(bound, x.dtype())) {
            return constant(x, op.test(0, bound));
        }
        return compare(op, x, (long) bound);
    }

    /** A tensor of integers or truth values compared with any integer. */
    public static Tensor compare(Compare op, Tensor x, long value) {
        if (value < least(x.dtype()) || value > most(x.dtype())) {
            return constant(x, op.test(0, value));
        }
        return Tensor.apply(op, x, Tensor.full(value, x.dtype(), x.device()));
    }

    /** One truth value for every element. */
    public static Tensor constant(Tensor x, boolean value) {
        return Tensor.full(value ? 1 : 0, DType.BOOL, x.device(), x.shape().toArray());
    }
}
