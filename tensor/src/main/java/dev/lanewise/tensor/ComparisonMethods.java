package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;

/**
 * Elementwise comparisons of a {@link Tensor} and choices by truth values. Operands have one type and are on one device, and
 * their shapes broadcast as in NumPy, which gives the result's shape; other operands cause a {@link TensorException}
 * that names both. The result of a comparison is of type {@link DType#BOOL}.
 *
 * <p>Numbers compared with floating-point tensors are rounded to the tensor's type. Numbers compared with integers and
 * truth values are never truncated: any number, including fractions, NaN and infinities, is compared as in Python. A
 * {@code long} is exact even beyond 2<sup>53</sup>.
 */
public sealed interface ComparisonMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor compare(Compare op, double value) {
        return self().dtype().isFloating()
                ? Tensor.apply(op, self(), WholeNumbers.full(self(), value))
                : WholeNumbers.compare(op, self(), value);
    }

    private Tensor compare(Compare op, long value) {
        return self().dtype().isFloating()
                ? Tensor.apply(op, self(), WholeNumbers.full(self(), value))
                : WholeNumbers.compare(op, self(), value);
    }

    /** {@return whether each element is NaN: {@link DType#BOOL}} */
    default Tensor isNan() {
        return self().ne(self());
    }

    /** {@return whether each element is an infinity: {@link DType#BOOL}} */
    default Tensor isInfinite() {
        return self().dtype().isFloating()
                ? self().abs().eq(Double.POSITIVE_INFINITY)
                : WholeNumbers.constant(self(), false);
    }

    /** {@return whether each element is neither an infinity nor NaN: {@link DType#BOOL}} */
    default Tensor isFinite() {
        return self().dtype().isFloating()
                ? self().abs().lt(Double.POSITIVE_INFINITY)
                : WholeNumbers.constant(self(), true);
    }

    /**
     * {@return {@code this == other}: NaN equals nothing, 0 equals -0}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, or shapes do not broadcast
     */
    default Tensor eq(Tensor other) {
        return Tensor.apply(Compare.EQ, self(), other);
    }

    /**
     * {@return whether each element equals the number: {@link DType#BOOL}; NaN equals nothing}
     *
     * @param value a number that every element is compared with
     */
    default Tensor eq(double value) {
        return compare(Compare.EQ, value);
    }

    /**
     * {@return whether each element equals the integer: {@link DType#BOOL}; exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor eq(long value) {
        return compare(Compare.EQ, value);
    }

    /**
     * {@return {@code this != other}: true where either is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, or shapes do not broadcast
     */
    default Tensor ne(Tensor other) {
        return Tensor.apply(Compare.NE, self(), other);
    }

    /**
     * {@return whether each element differs from the number: {@link DType#BOOL}; NaN differs from everything}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ne(double value) {
        return compare(Compare.NE, value);
    }

    /**
     * {@return whether each element differs from the integer: {@link DType#BOOL}; exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ne(long value) {
        return compare(Compare.NE, value);
    }

    /**
     * {@return {@code this < other}: false where either is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, or shapes do not broadcast
     */
    default Tensor lt(Tensor other) {
        return Tensor.apply(Compare.LT, self(), other);
    }

    /**
     * {@return whether each element is less than the number: {@link DType#BOOL}; false for NaN}
     *
     * @param value a number that every element is compared with
     */
    default Tensor lt(double value) {
        return compare(Compare.LT, value);
    }

    /**
     * {@return whether each element is less than the integer: {@link DType#BOOL}; exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor lt(long value) {
        return compare(Compare.LT, value);
    }

    /**
     * {@return {@code this <= other}: false where either is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, or shapes do not broadcast
     */
    default Tensor le(Tensor other) {
        return Tensor.apply(Compare.LE, self(), other);
    }

    /**
     * {@return whether each element is at most the number: {@link DType#BOOL}; false for NaN}
     *
     * @param value a number that every element is compared with
     */
    default Tensor le(double value) {
        return compare(Compare.LE, value);
    }

    /**
     * {@return whether each element is at most the integer: {@link DType#BOOL}; exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor le(long value) {
        return compare(Compare.LE, value);
    }

    /**
     * {@return {@code this > other}: false where either is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, or shapes do not broadcast
     */
    default Tensor gt(Tensor other) {
        return Tensor.apply(Compare.GT, self(), other);
    }

    /**
     * {@return whether each element is greater than the number: {@link DType#BOOL}; false for NaN}
     *
     * @param value a number that every element is compared with
     */
    default Tensor gt(double value) {
        return compare(Compare.GT, value);
    }

    /**
     * {@return whether each element is greater than the integer: {@link DType#BOOL}; exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor gt(long value) {
        return compare(Compare.GT, value);
    }

    /**
     * {@return {@code this >= other}: false where either is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, or shapes do not broadcast
     */
    default Tensor ge(Tensor other) {
        return Tensor.apply(Compare.GE, self(), other);
    }

    /**
     * {@return whether each element is at least the number: {@link DType#BOOL}; false for NaN}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ge(double value) {
        return compare(Compare.GE, value);
    }

    /**
     * {@return whether each element is at least the integer: {@link DType#BOOL}; exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ge(long value) {
        return compare(Compare.GE, value);
    }

    /**
     * {@return {@code this ? a : b}, elementwise: this tensor is a {@link DType#BOOL} condition, a and b have one type,
     * which is the result's, and all three shapes broadcast}
     *
     * @param a the elements taken where the condition holds
     * @param b the elements taken elsewhere, of the type of a
     * @throws TensorException if this tensor is not of type {@link DType#BOOL}, or the types of a and b differ
     */
    default Tensor where(Tensor a, Tensor b) {
        return Tensor.apply(Ternary.WHERE, self(), a, b);
    }

    /**
     * {@return this tensor with its elements replaced by a value where the {@link DType#BOOL} mask is true; the mask
     * and this tensor broadcast}
     *
     * @param mask of {@link DType#BOOL}; true where the value is put
     * @param value the value that is put, as a whole number for integers
     * @throws TensorException if the mask is not BOOL or does not broadcast, or the type does not hold the number
     */
    default Tensor maskedFill(Tensor mask, double value) {
        return Positions.mask("masked_fill", mask).where(WholeNumbers.operand("masked_fill", self(), value), self());
    }

    /**
     * {@return this tensor with its elements replaced by a value, exact for integers, where the {@link DType#BOOL} mask
     * is true; the mask and this tensor broadcast}
     *
     * @param mask of {@link DType#BOOL}; true where the value is put
     * @param value the value that is put, in the range of this tensor's type
     * @throws TensorException if the mask is not BOOL or does not broadcast, or the type does not hold the number
     */
    default Tensor maskedFill(Tensor mask, long value) {
        return Positions.mask("masked_fill", mask).where(WholeNumbers.operand("masked_fill", self(), value), self());
    }
}
