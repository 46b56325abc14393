package dev.lanewise.tensor;

import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.CLAMP;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.DIV;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.RDIV;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.RSUB;

import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * Elementwise arithmetic, comparisons and choices of a {@link Tensor}; functions of one operand are those of
 * {@link FunctionMethods}. Operands of two-operand methods have one type and are on one device, and their shapes broadcast as
 * in NumPy, which gives the result's shape; other operands are a {@link TensorException} that names both. The result has
 * the operands' type, that of comparisons is {@link DType#BOOL}. Results of integers wrap to the type's width.
 *
 * <p>Numbers beside floating-point tensors are rounded to the tensor's type. Beside integers and truth values they are
 * never cut: comparisons with any number, fractions, NaN and infinities included, answer as Python does; arithmetic,
 * {@link #clamp(long, long) clamp} and {@link #maskedFill(Tensor, long) maskedFill} take whole numbers in the type's range
 * and throw {@link TensorException} for others. A {@code long} is exact also beyond 2<sup>53</sup>.
 */
public sealed interface ElementwiseMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor with(UnaryWith.Kind kind, double a) {
        return self().apply(new UnaryWith(kind, a));
    }

    private Tensor number(Number value) {
        return Tensor.full(value, self().dtype(), self().device());
    }

    /** A number as an operand: of the tensor's type, and for integers exactly that number. */
    private Tensor number(String op, double value) {
        DType dtype = self().dtype();
        return number(dtype.isFloating() ? (Number) value : (Number) WholeNumbers.element(op, dtype, value));
    }

    private Tensor number(String op, long value) {
        DType dtype = self().dtype();
        return number(dtype.isFloating() ? value : WholeNumbers.element(op, dtype, value));
    }

    /** Arithmetic with a number, which is an attribute of the operation unless only an integer holds it. */
    private Tensor arithmetic(UnaryWith.Kind kind, Binary binary, double value) {
        return self().dtype().isInteger()
                ? arithmetic(kind, binary, WholeNumbers.element(binary.opName(), self().dtype(), value))
                : with(kind, value);
    }

    private Tensor arithmetic(UnaryWith.Kind kind, Binary binary, long value) {
        if (self().dtype().isInteger()) {
            WholeNumbers.element(binary.opName(), self().dtype(), value);
            if (!WholeNumbers.isExact(value)) {
                return kind == RSUB
                        ? Tensor.apply(binary, number(value), self())
                        : Tensor.apply(binary, self(), number(value));
            }
        }
        return with(kind, binary == Binary.SUB && kind == UnaryWith.Kind.ADD ? -(double) value : value);
    }

    private Tensor compare(Compare op, double value) {
        return self().dtype().isFloating()
                ? Tensor.apply(op, self(), number(value))
                : WholeNumbers.compare(op, self(), value);
    }

    private Tensor compare(Compare op, long value) {
        return self().dtype().isFloating()
                ? Tensor.apply(op, self(), number(value))
                : WholeNumbers.compare(op, self(), value);
    }

    /**
     * {@return {@code -this}, for floating-point numbers and integers: the smallest integer of a type stays as it is, and
     * unsigned ones wrap around}
     */
    default Tensor neg() {
        return self().apply(Unary.NEG);
    }

    /**
     * {@return the absolute value, for floating-point numbers and integers: the smallest integer of a type stays as it is}
     */
    default Tensor abs() {
        return self().apply(Unary.ABS);
    }

    /** {@return -1, 0 or 1 by the sign, in this tensor's type, for floating-point numbers and integers; NaN stays NaN} */
    default Tensor sign() {
        return self().apply(Unary.SIGN);
    }

    /**
     * {@return the complement of each bit of integers, and of truth values the negation}
     *
     * @throws TensorException for floating-point types
     */
    default Tensor not() {
        return self().apply(Unary.NOT);
    }

    /** {@return whether each element is NaN: {@link DType#BOOL}} */
    default Tensor isNan() {
        return self().ne(self());
    }

    /** {@return whether each element is an infinity: {@link DType#BOOL}} */
    default Tensor isInfinite() {
        return self().dtype().isFloating() ? abs().eq(Double.POSITIVE_INFINITY) : WholeNumbers.constant(self(), false);
    }

    /** {@return whether each element is neither an infinity nor NaN: {@link DType#BOOL}} */
    default Tensor isFinite() {
        return self().dtype().isFloating() ? abs().lt(Double.POSITIVE_INFINITY) : WholeNumbers.constant(self(), true);
    }

    /**
     * {@return {@code this + other}, for floating-point numbers and integers}
     *
     * @param other the second operand, of this tensor's type; shapes broadcast
     */
    default Tensor add(Tensor other) {
        return Tensor.apply(Binary.ADD, self(), other);
    }

    /**
     * {@return {@code this + value}}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor add(double value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.ADD, value);
    }

    /**
     * {@return {@code this + value}, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor add(long value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.ADD, value);
    }

    /**
     * {@return {@code this - other}, for floating-point numbers and integers}
     *
     * @param other the second operand, of this tensor's type; shapes broadcast
     */
    default Tensor sub(Tensor other) {
        return Tensor.apply(Binary.SUB, self(), other);
    }

    /**
     * {@return {@code this - value}}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor sub(double value) {
        return self().dtype().isInteger()
                ? arithmetic(UnaryWith.Kind.ADD, Binary.SUB, value)
                : with(UnaryWith.Kind.ADD, -value);
    }

    /**
     * {@return {@code this - value}, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor sub(long value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.SUB, value);
    }

    /**
     * {@return {@code value - this}}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor rsub(double value) {
        return arithmetic(RSUB, Binary.SUB, value);
    }

    /**
     * {@return {@code value - this}, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor rsub(long value) {
        return arithmetic(RSUB, Binary.SUB, value);
    }

    /**
     * {@return {@code this * other}, for floating-point numbers and integers}
     *
     * @param other the second operand, of this tensor's type; shapes broadcast
     */
    default Tensor mul(Tensor other) {
        return Tensor.apply(Binary.MUL, self(), other);
    }

    /**
     * {@return {@code this * value}}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor mul(double value) {
        return arithmetic(UnaryWith.Kind.MUL, Binary.MUL, value);
    }

    /**
     * {@return {@code this * value}, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     */
    default Tensor mul(long value) {
        return arithmetic(UnaryWith.Kind.MUL, Binary.MUL, value);
    }

    /**
     * {@return {@code this / other}, for floating-point numbers; 0 as the divisor gives an infinity, or NaN for {@code 0 /
     * 0}}
     *
     * @param other the divisor, of this tensor's type; shapes broadcast
     * @throws TensorException for integers, which {@link #floorDiv(Tensor) floorDiv} divides
     */
    default Tensor div(Tensor other) {
        return Tensor.apply(Binary.DIV, self(), other);
    }

    /**
     * {@return {@code this / value}, for floating-point numbers; 0 as the divisor gives an infinity, or NaN for {@code 0 /
     * 0}}
     *
     * @param value the divisor of every element
     * @throws TensorException for integers, which {@link #floorDiv(long) floorDiv} divides
     */
    default Tensor div(double value) {
        return with(DIV, value);
    }

    /**
     * {@return {@code value / this}, for floating-point numbers}
     *
     * @param value the dividend of every quotient
     */
    default Tensor rdiv(double value) {
        return with(RDIV, value);
    }

    /**
     * {@return the larger one of each two elements, for floating-point numbers and integers; NaN if one of them is NaN, and
     * 0 is above -0}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor maximum(Tensor other) {
        return Tensor.apply(Binary.MAXIMUM, self(), other);
    }

    /**
     * {@return the smaller one of each two elements, for floating-point numbers and integers; NaN if one of them is NaN,
     * and -0 is below 0}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor minimum(Tensor other) {
        return Tensor.apply(Binary.MINIMUM, self(), other);
    }

    /**
     * {@return the largest whole number not above the exact quotient {@code this / other}, as Python's {@code //}: 1 by 0.1
     * is 9, because the number nearest to 0.1 is a little more} A floating-point number divided by 0 is {@code this /
     * other}; integers divided by 0 give 0, as in NumPy.
     *
     * @param other the divisor, of this tensor's type; shapes broadcast
     */
    default Tensor floorDiv(Tensor other) {
        return Tensor.apply(Binary.FLOOR_DIV, self(), other);
    }

    /**
     * {@return the largest whole number not above {@code this / value}; see {@link #floorDiv(Tensor)}}
     *
     * @param value the divisor of every element
     */
    default Tensor floorDiv(double value) {
        return floorDiv(number("floor_div", value));
    }

    /**
     * {@return the largest whole number not above {@code this / value}, exact for integers; see {@link #floorDiv(Tensor)}}
     *
     * @param value the divisor of every element
     */
    default Tensor floorDiv(long value) {
        return floorDiv(number("floor_div", value));
    }

    /**
     * {@return {@code this - other * floor(this / other)}, with the sign of other as Python's {@code %}, also where it is
     * 0} For other = 0 NaN, of integers 0.
     *
     * @param other the divisor, of this tensor's type; shapes broadcast
     */
    default Tensor remainder(Tensor other) {
        return Tensor.apply(Binary.REMAINDER, self(), other);
    }

    /**
     * {@return {@code this - value * floor(this / value)}; see {@link #remainder(Tensor)}}
     *
     * @param value the divisor of every element
     */
    default Tensor remainder(double value) {
        return remainder(number("remainder", value));
    }

    /**
     * {@return {@code this - value * floor(this / value)}, exact for integers; see {@link #remainder(Tensor)}}
     *
     * @param value the divisor of every element
     */
    default Tensor remainder(long value) {
        return remainder(number("remainder", value));
    }

    /**
     * {@return the bits that are set in both integers, or whether both truth values hold}
     *
     * @param other integers or truth values of this tensor's type; shapes broadcast
     * @throws TensorException for floating-point types
     */
    default Tensor and(Tensor other) {
        return Tensor.apply(Binary.AND, self(), other);
    }

    /**
     * {@return the bits that are set in one integer or both, or whether one truth value or both hold}
     *
     * @param other integers or truth values of this tensor's type; shapes broadcast
     * @throws TensorException for floating-point types
     */
    default Tensor or(Tensor other) {
        return Tensor.apply(Binary.OR, self(), other);
    }

    /**
     * {@return the bits that are set in exactly one of both integers, or whether exactly one of both truth values holds}
     *
     * @param other integers or truth values of this tensor's type; shapes broadcast
     * @throws TensorException for floating-point types
     */
    default Tensor xor(Tensor other) {
        return Tensor.apply(Binary.XOR, self(), other);
    }

    /**
     * {@return {@code this << bits}, for integers; 0 where bits is 64 or more, or negative}
     *
     * @param bits how many places, integers of this tensor's type; shapes broadcast
     */
    default Tensor shiftLeft(Tensor bits) {
        return Tensor.apply(Binary.SHL, self(), bits);
    }

    /**
     * {@return {@code this >> bits}, for integers, with the sign kept; bits outside 0 to 63 count as 63}
     *
     * @param bits how many places, integers of this tensor's type; shapes broadcast
     */
    default Tensor shiftRight(Tensor bits) {
        return Tensor.apply(Binary.SHR, self(), bits);
    }

    /**
     * {@return {@code min(max(this, least), most)}, for floating-point numbers and integers; NaN stays NaN}
     *
     * @param least the lower bound
     * @param most the upper bound; where it is below the lower one, every element becomes it
     */
    default Tensor clamp(double least, double most) {
        return self().apply(new UnaryWith(CLAMP, least, most));
    }

    /**
     * {@return {@code min(max(this, least), most)}, exact for integers}
     *
     * @param least the lower bound
     * @param most the upper bound; where it is below the lower one, every element becomes it
     */
    default Tensor clamp(long least, long most) {
        if (!self().dtype().isInteger() || (long) (double) least == least && (long) (double) most == most) {
            return clamp((double) least, (double) most);
        }
        return maximum(number("clamp", least)).minimum(number("clamp", most));
    }

    /**
     * {@return {@code this == other}: NaN equals nothing, 0 equals -0}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor eq(Tensor other) {
        return Tensor.apply(Compare.EQ, self(), other);
    }

    /**
     * {@return {@code this == value}}
     *
     * @param value a number that every element is compared with
     */
    default Tensor eq(double value) {
        return compare(Compare.EQ, value);
    }

    /**
     * {@return {@code this == value}, exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor eq(long value) {
        return compare(Compare.EQ, value);
    }

    /**
     * {@return {@code this != other}: true where one is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor ne(Tensor other) {
        return Tensor.apply(Compare.NE, self(), other);
    }

    /**
     * {@return {@code this != value}}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ne(double value) {
        return compare(Compare.NE, value);
    }

    /**
     * {@return {@code this != value}, exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ne(long value) {
        return compare(Compare.NE, value);
    }

    /**
     * {@return {@code this < other}: false where one is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor lt(Tensor other) {
        return Tensor.apply(Compare.LT, self(), other);
    }

    /**
     * {@return {@code this < value}}
     *
     * @param value a number that every element is compared with
     */
    default Tensor lt(double value) {
        return compare(Compare.LT, value);
    }

    /**
     * {@return {@code this < value}, exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor lt(long value) {
        return compare(Compare.LT, value);
    }

    /**
     * {@return {@code this <= other}: false where one is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor le(Tensor other) {
        return Tensor.apply(Compare.LE, self(), other);
    }

    /**
     * {@return {@code this <= value}}
     *
     * @param value a number that every element is compared with
     */
    default Tensor le(double value) {
        return compare(Compare.LE, value);
    }

    /**
     * {@return {@code this <= value}, exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor le(long value) {
        return compare(Compare.LE, value);
    }

    /**
     * {@return {@code this > other}: false where one is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor gt(Tensor other) {
        return Tensor.apply(Compare.GT, self(), other);
    }

    /**
     * {@return {@code this > value}}
     *
     * @param value a number that every element is compared with
     */
    default Tensor gt(double value) {
        return compare(Compare.GT, value);
    }

    /**
     * {@return {@code this > value}, exact for integers}
     *
     * @param value a number that every element is compared with
     */
    default Tensor gt(long value) {
        return compare(Compare.GT, value);
    }

    /**
     * {@return {@code this >= other}: false where one is NaN}
     *
     * @param other of this tensor's type; shapes broadcast
     */
    default Tensor ge(Tensor other) {
        return Tensor.apply(Compare.GE, self(), other);
    }

    /**
     * {@return {@code this >= value}}
     *
     * @param value a number that every element is compared with
     */
    default Tensor ge(double value) {
        return compare(Compare.GE, value);
    }

    /**
     * {@return {@code this >= value}, exact for integers}
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
     * @throws TensorException if this tensor is not of truth values, or the types of a and b differ
     */
    default Tensor where(Tensor a, Tensor b) {
        return Tensor.apply(Ternary.WHERE, self(), a, b);
    }

    /**
     * {@return this tensor with a value in place of the elements where the {@link DType#BOOL} mask holds; the mask and this
     * tensor broadcast}
     *
     * @param mask of {@link DType#BOOL}; true where the value is put
     * @param value the value that is put, as a whole number for integers
     */
    default Tensor maskedFill(Tensor mask, double value) {
        return mask.where(number("masked_fill", value), self());
    }

    /**
     * {@return this tensor with a value, exact for integers, in place of the elements where the {@link DType#BOOL} mask
     * holds; the mask and this tensor broadcast}
     *
     * @param mask of {@link DType#BOOL}; true where the value is put
     * @param value the value that is put, in the range of this tensor's type
     */
    default Tensor maskedFill(Tensor mask, long value) {
        return mask.where(number("masked_fill", value), self());
    }
}
