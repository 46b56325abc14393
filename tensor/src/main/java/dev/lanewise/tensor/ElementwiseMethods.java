package dev.lanewise.tensor;

import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.CLAMP;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.DIV;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.RDIV;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.RSUB;

import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * Elementwise arithmetic of a {@link Tensor}; comparisons are in {@link ComparisonMethods}, functions of one operand in
 * {@link FunctionMethods}. Operands of two-operand methods have one type and are on one device, and their shapes broadcast as
 * in NumPy, which gives the result's shape; other operands cause a {@link TensorException} that names both. The result
 * has the operands' type. Results of integers wrap to the type's width.
 *
 * <p>Numbers combined with floating-point tensors are rounded to the tensor's type. Numbers combined with integers are
 * never truncated: arithmetic and {@link #clamp(long, long) clamp} take whole numbers in the type's range and throw
 * {@link TensorException} for others. A {@code long} is exact even beyond 2<sup>53</sup>.
 */
public sealed interface ElementwiseMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor with(UnaryWith.Kind kind, double a) {
        return self().apply(new UnaryWith(kind, a));
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
                        ? Tensor.apply(binary, WholeNumbers.full(self(), value), self())
                        : Tensor.apply(binary, self(), WholeNumbers.full(self(), value));
            }
        }
        return with(kind, binary == Binary.SUB && kind == UnaryWith.Kind.ADD ? -(double) value : value);
    }

    /**
     * {@return {@code -this}, for floating-point numbers and integers: the smallest integer of a type stays as it is, and
     * unsigned ones wrap around}
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor neg() {
        return self().apply(Unary.NEG);
    }

    /**
     * {@return the absolute value, for floating-point numbers and integers: the smallest integer of a type stays as it is}
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor abs() {
        return self().apply(Unary.ABS);
    }

    /**
     * {@return -1, 0 or 1 by the sign, in this tensor's type, for floating-point numbers and integers; NaN stays NaN}
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor sign() {
        return self().apply(Unary.SIGN);
    }

    /**
     * {@return the complement of each bit for integers, and the negation for truth values}
     *
     * @throws TensorException for floating-point types
     */
    default Tensor not() {
        return self().apply(Unary.NOT);
    }

    /**
     * {@return {@code this + other}, for floating-point numbers and integers}
     *
     * @param other the second operand, of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor add(Tensor other) {
        return Tensor.apply(Binary.ADD, self(), other);
    }

    /**
     * {@return {@code this + value}: the number added to every element}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor add(double value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.ADD, value);
    }

    /**
     * {@return {@code this + value}: the integer added to every element, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor add(long value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.ADD, value);
    }

    /**
     * {@return {@code this - other}, for floating-point numbers and integers}
     *
     * @param other the second operand, of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor sub(Tensor other) {
        return Tensor.apply(Binary.SUB, self(), other);
    }

    /**
     * {@return {@code this - value}: the number subtracted from every element}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor sub(double value) {
        return self().dtype().isInteger()
                ? arithmetic(UnaryWith.Kind.ADD, Binary.SUB, value)
                : with(UnaryWith.Kind.ADD, -value);
    }

    /**
     * {@return {@code this - value}: the integer subtracted from every element, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor sub(long value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.SUB, value);
    }

    /**
     * {@return {@code value - this}: every element subtracted from the number}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor rsub(double value) {
        return arithmetic(RSUB, Binary.SUB, value);
    }

    /**
     * {@return {@code value - this}: every element subtracted from the integer, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor rsub(long value) {
        return arithmetic(RSUB, Binary.SUB, value);
    }

    /**
     * {@return {@code this * other}, for floating-point numbers and integers}
     *
     * @param other the second operand, of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor mul(Tensor other) {
        return Tensor.apply(Binary.MUL, self(), other);
    }

    /**
     * {@return {@code this * value}: every element multiplied by the number}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor mul(double value) {
        return arithmetic(UnaryWith.Kind.MUL, Binary.MUL, value);
    }

    /**
     * {@return {@code this * value}: every element multiplied by the integer, exact for integers}
     *
     * @param value a number that is combined with every element; for integers a whole number in the type's range
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor mul(long value) {
        return arithmetic(UnaryWith.Kind.MUL, Binary.MUL, value);
    }

    /**
     * {@return {@code this / other}, for floating-point numbers; division by 0 gives an infinity, or NaN for
     * {@code 0 / 0}}
     *
     * @param other the divisor, of this tensor's type; shapes broadcast
     * @throws TensorException for integers, which {@link #floorDiv(Tensor) floorDiv} divides
     */
    default Tensor div(Tensor other) {
        return Tensor.apply(Binary.DIV, self(), other);
    }

    /**
     * {@return {@code this / value}, for floating-point numbers; division by 0 gives an infinity, or NaN for
     * {@code 0 / 0}}
     *
     * @param value the divisor of every element
     * @throws TensorException for integers, which {@link #floorDiv(long) floorDiv} divides
     */
    default Tensor div(double value) {
        return with(DIV, value);
    }

    /**
     * {@return {@code value / this}: the number divided by every element, for floating-point numbers}
     *
     * @param value the dividend of every quotient
     * @throws TensorException if the type is not floating-point
     */
    default Tensor rdiv(double value) {
        return with(RDIV, value);
    }

    /**
     * {@return the larger of each pair of elements, for floating-point numbers and integers; NaN if either is NaN, and
     * 0 is above -0}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor maximum(Tensor other) {
        return Tensor.apply(Binary.MAXIMUM, self(), other);
    }

    /**
     * {@return the smaller of each pair of elements, for floating-point numbers and integers; NaN if either is NaN,
     * and -0 is below 0}
     *
     * @param other of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor minimum(Tensor other) {
        return Tensor.apply(Binary.MINIMUM, self(), other);
    }

    /**
     * {@return the largest whole number not above the exact quotient {@code this / other}, like Python's {@code //}: 1
     * divided by 0.1 is 9, because the floating-point number nearest to 0.1 is slightly larger} A floating-point number
     * divided by 0 is {@code this / other}; integers divided by 0 give 0, as in NumPy.
     *
     * @param other the divisor, of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor floorDiv(Tensor other) {
        return Tensor.apply(Binary.FLOOR_DIV, self(), other);
    }

    /**
     * {@return the largest whole number not above {@code this / value}; see {@link #floorDiv(Tensor)}}
     *
     * @param value the divisor of every element
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor floorDiv(double value) {
        return floorDiv(WholeNumbers.operand("floor_div", self(), value));
    }

    /**
     * {@return the largest whole number not above {@code this / value}, exact for integers; see {@link #floorDiv(Tensor)}}
     *
     * @param value the divisor of every element
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor floorDiv(long value) {
        return floorDiv(WholeNumbers.operand("floor_div", self(), value));
    }

    /**
     * {@return {@code this - other * floor(this / other)}, with the sign of other as with Python's {@code %}, even
     * where it is 0} Where other is 0 the result is NaN, and 0 for integers.
     *
     * @param other the divisor, of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is BOOL
     */
    default Tensor remainder(Tensor other) {
        return Tensor.apply(Binary.REMAINDER, self(), other);
    }

    /**
     * {@return {@code this - value * floor(this / value)}; see {@link #remainder(Tensor)}}
     *
     * @param value the divisor of every element
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor remainder(double value) {
        return remainder(WholeNumbers.operand("remainder", self(), value));
    }

    /**
     * {@return {@code this - value * floor(this / value)}, exact for integers; see {@link #remainder(Tensor)}}
     *
     * @param value the divisor of every element
     * @throws TensorException if the type is BOOL, or an integer type does not hold the number
     */
    default Tensor remainder(long value) {
        return remainder(WholeNumbers.operand("remainder", self(), value));
    }

    /**
     * {@return the bits that are set in both integers, or whether both truth values are true}
     *
     * @param other integers or truth values of this tensor's type; shapes broadcast
     * @throws TensorException for floating-point types
     */
    default Tensor and(Tensor other) {
        return Tensor.apply(Binary.AND, self(), other);
    }

    /**
     * {@return the bits that are set in at least one of the integers, or whether at least one of the truth values is
     * true}
     *
     * @param other integers or truth values of this tensor's type; shapes broadcast
     * @throws TensorException for floating-point types
     */
    default Tensor or(Tensor other) {
        return Tensor.apply(Binary.OR, self(), other);
    }

    /**
     * {@return the bits that are set in exactly one of the two integers, or whether exactly one of the two truth values
     * is true}
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
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is not an integer type
     */
    default Tensor shiftLeft(Tensor bits) {
        return Tensor.apply(Binary.SHL, self(), bits);
    }

    /**
     * {@return {@code this >> bits}, for integers, with the sign kept; bits outside 0 to 63 count as 63}
     *
     * @param bits how many places, integers of this tensor's type; shapes broadcast
     * @throws TensorException if types or devices differ, shapes do not broadcast, or the type is not an integer type
     */
    default Tensor shiftRight(Tensor bits) {
        return Tensor.apply(Binary.SHR, self(), bits);
    }

    /**
     * {@return {@code min(max(this, least), most)}, for floating-point numbers and integers; NaN stays NaN}
     *
     * @param least the lower bound
     * @param most the upper bound; where it is below the lower one, every element becomes it
     * @throws TensorException if the type is BOOL, or an integer type does not hold the bounds
     */
    default Tensor clamp(double least, double most) {
        return self().apply(new UnaryWith(CLAMP, least, most));
    }

    /**
     * {@return {@code min(max(this, least), most)}, exact for integers}
     *
     * @param least the lower bound
     * @param most the upper bound; where it is below the lower one, every element becomes it
     * @throws TensorException if the type is BOOL, or an integer type does not hold the bounds
     */
    default Tensor clamp(long least, long most) {
        if (!self().dtype().isInteger() || (long) (double) least == least && (long) (double) most == most) {
            return clamp((double) least, (double) most);
        }
        return maximum(WholeNumbers.operand("clamp", self(), least))
                .minimum(WholeNumbers.operand("clamp", self(), most));
    }
}
