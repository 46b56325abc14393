package dev.lanewise.tensor;

import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.CLAMP;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.DIV;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.ELU;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.HARDTANH;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.LEAKY_RELU;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.POW;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.RDIV;
import static dev.lanewise.tensor.op.elementwise.UnaryWith.Kind.RSUB;

import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * Elementwise functions of a {@link Tensor}. Operands of two-operand functions have one type and broadcast. What each
 * function means is said at its op: {@link Unary}, {@link UnaryWith}, {@link Binary}.
 *
 * <p>Numbers beside floating-point tensors are rounded to the tensor's type. Beside integers and truth values they are
 * never cut: comparisons with any number, fractions, NaN and infinities included, answer as Python does; arithmetic,
 * {@link #clamp(long, long) clamp} and {@link #maskedFill(Tensor, long) maskedFill} take whole numbers in the type's range
 * and throw {@link TensorException} for others. A {@code long} is exact also beyond 2<sup>53</sup>. Results wrap to the
 * type's width.
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

    /** {@link Unary#NEG}. */
    default Tensor neg() {
        return self().apply(Unary.NEG);
    }

    /** {@link Unary#ABS}. */
    default Tensor abs() {
        return self().apply(Unary.ABS);
    }

    /** {@link Unary#SIGN}. */
    default Tensor sign() {
        return self().apply(Unary.SIGN);
    }

    /** {@link Unary#SQUARE}. */
    default Tensor square() {
        return self().apply(Unary.SQUARE);
    }

    /** {@link Unary#EXP}. */
    default Tensor exp() {
        return self().apply(Unary.EXP);
    }

    /** {@link Unary#EXPM1}. */
    default Tensor expm1() {
        return self().apply(Unary.EXPM1);
    }

    /** {@link Unary#LOG}. */
    default Tensor log() {
        return self().apply(Unary.LOG);
    }

    /** {@link Unary#LOG1P}. */
    default Tensor log1p() {
        return self().apply(Unary.LOG1P);
    }

    /** {@link Unary#SQRT}. */
    default Tensor sqrt() {
        return self().apply(Unary.SQRT);
    }

    /** {@link Unary#RSQRT}. */
    default Tensor rsqrt() {
        return self().apply(Unary.RSQRT);
    }

    /** {@link Unary#RECIPROCAL}. */
    default Tensor reciprocal() {
        return self().apply(Unary.RECIPROCAL);
    }

    /** {@link Unary#SIN}. */
    default Tensor sin() {
        return self().apply(Unary.SIN);
    }

    /** {@link Unary#COS}. */
    default Tensor cos() {
        return self().apply(Unary.COS);
    }

    /** {@link Unary#TAN}. */
    default Tensor tan() {
        return self().apply(Unary.TAN);
    }

    /** {@link Unary#ASIN}. */
    default Tensor asin() {
        return self().apply(Unary.ASIN);
    }

    /** {@link Unary#ACOS}. */
    default Tensor acos() {
        return self().apply(Unary.ACOS);
    }

    /** {@link Unary#ATAN}. */
    default Tensor atan() {
        return self().apply(Unary.ATAN);
    }

    /** {@link Unary#SINH}. */
    default Tensor sinh() {
        return self().apply(Unary.SINH);
    }

    /** {@link Unary#COSH}. */
    default Tensor cosh() {
        return self().apply(Unary.COSH);
    }

    /** {@link Unary#TANH}. */
    default Tensor tanh() {
        return self().apply(Unary.TANH);
    }

    /** {@link Unary#SIGMOID}. */
    default Tensor sigmoid() {
        return self().apply(Unary.SIGMOID);
    }

    /** {@link Unary#RELU}. */
    default Tensor relu() {
        return self().apply(Unary.RELU);
    }

    /** {@link Unary#SILU}. */
    default Tensor silu() {
        return self().apply(Unary.SILU);
    }

    /** {@link Unary#SOFTPLUS}. */
    default Tensor softplus() {
        return self().apply(Unary.SOFTPLUS);
    }

    /** {@link Unary#ERF}. */
    default Tensor erf() {
        return self().apply(Unary.ERF);
    }

    /** {@link Unary#GELU}. */
    default Tensor gelu() {
        return self().apply(Unary.GELU);
    }

    /** {@link Unary#GELU_TANH}. */
    default Tensor geluTanh() {
        return self().apply(Unary.GELU_TANH);
    }

    /** {@link Unary#HARDSIGMOID}. */
    default Tensor hardsigmoid() {
        return self().apply(Unary.HARDSIGMOID);
    }

    /** {@link Unary#MISH}. */
    default Tensor mish() {
        return self().apply(Unary.MISH);
    }

    /** {@link Unary#FLOOR}. */
    default Tensor floor() {
        return self().apply(Unary.FLOOR);
    }

    /** {@link Unary#CEIL}. */
    default Tensor ceil() {
        return self().apply(Unary.CEIL);
    }

    /** {@link Unary#ROUND}. */
    default Tensor round() {
        return self().apply(Unary.ROUND);
    }

    /** {@link Unary#TRUNC}. */
    default Tensor trunc() {
        return self().apply(Unary.TRUNC);
    }

    /** {@link Unary#NOT}. */
    default Tensor not() {
        return self().apply(Unary.NOT);
    }

    /** Whether each element is NaN: {@link DType#BOOL}. */
    default Tensor isNan() {
        return self().ne(self());
    }

    /** Whether each element is an infinity: {@link DType#BOOL}. */
    default Tensor isInfinite() {
        return self().dtype().isFloating() ? abs().eq(Double.POSITIVE_INFINITY) : WholeNumbers.constant(self(), false);
    }

    /** Whether each element is neither an infinity nor NaN: {@link DType#BOOL}. */
    default Tensor isFinite() {
        return self().dtype().isFloating() ? abs().lt(Double.POSITIVE_INFINITY) : WholeNumbers.constant(self(), true);
    }

    /** {@link Binary#ADD}. */
    default Tensor add(Tensor other) {
        return Tensor.apply(Binary.ADD, self(), other);
    }

    /** {@code this + value}. */
    default Tensor add(double value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.ADD, value);
    }

    /** {@code this + value}, exact for integers. */
    default Tensor add(long value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.ADD, value);
    }

    /** {@link Binary#SUB}. */
    default Tensor sub(Tensor other) {
        return Tensor.apply(Binary.SUB, self(), other);
    }

    /** {@code this - value}. */
    default Tensor sub(double value) {
        return self().dtype().isInteger()
                ? arithmetic(UnaryWith.Kind.ADD, Binary.SUB, value)
                : with(UnaryWith.Kind.ADD, -value);
    }

    /** {@code this - value}, exact for integers. */
    default Tensor sub(long value) {
        return arithmetic(UnaryWith.Kind.ADD, Binary.SUB, value);
    }

    /** {@code value - this}. */
    default Tensor rsub(double value) {
        return arithmetic(RSUB, Binary.SUB, value);
    }

    /** {@code value - this}, exact for integers. */
    default Tensor rsub(long value) {
        return arithmetic(RSUB, Binary.SUB, value);
    }

    /** {@link Binary#MUL}. */
    default Tensor mul(Tensor other) {
        return Tensor.apply(Binary.MUL, self(), other);
    }

    /** {@code this * value}. */
    default Tensor mul(double value) {
        return arithmetic(UnaryWith.Kind.MUL, Binary.MUL, value);
    }

    /** {@code this * value}, exact for integers. */
    default Tensor mul(long value) {
        return arithmetic(UnaryWith.Kind.MUL, Binary.MUL, value);
    }

    /** {@link Binary#DIV}. */
    default Tensor div(Tensor other) {
        return Tensor.apply(Binary.DIV, self(), other);
    }

    /** {@code this / value}. */
    default Tensor div(double value) {
        return with(DIV, value);
    }

    /** {@code value / this}. */
    default Tensor rdiv(double value) {
        return with(RDIV, value);
    }

    /** {@link Binary#POW}. */
    default Tensor pow(Tensor exponent) {
        return Tensor.apply(Binary.POW, self(), exponent);
    }

    /** {@code this^exponent}. */
    default Tensor pow(double exponent) {
        return with(POW, exponent);
    }

    /** {@link Binary#MAXIMUM}. */
    default Tensor maximum(Tensor other) {
        return Tensor.apply(Binary.MAXIMUM, self(), other);
    }

    /** {@link Binary#MINIMUM}. */
    default Tensor minimum(Tensor other) {
        return Tensor.apply(Binary.MINIMUM, self(), other);
    }

    /** {@link Binary#ATAN2} of this and x. */
    default Tensor atan2(Tensor x) {
        return Tensor.apply(Binary.ATAN2, self(), x);
    }

    /** {@link Binary#FLOOR_DIV}. */
    default Tensor floorDiv(Tensor other) {
        return Tensor.apply(Binary.FLOOR_DIV, self(), other);
    }

    /** {@code floor(this / value)}; see {@link Binary#FLOOR_DIV}. */
    default Tensor floorDiv(double value) {
        return floorDiv(number("floor_div", value));
    }

    /** {@code floor(this / value)}, exact for integers; see {@link Binary#FLOOR_DIV}. */
    default Tensor floorDiv(long value) {
        return floorDiv(number("floor_div", value));
    }

    /** {@link Binary#REMAINDER}. */
    default Tensor remainder(Tensor other) {
        return Tensor.apply(Binary.REMAINDER, self(), other);
    }

    /** {@code this - value * floor(this / value)}; see {@link Binary#REMAINDER}. */
    default Tensor remainder(double value) {
        return remainder(number("remainder", value));
    }

    /** {@code this - value * floor(this / value)}, exact for integers; see {@link Binary#REMAINDER}. */
    default Tensor remainder(long value) {
        return remainder(number("remainder", value));
    }

    /** {@link Binary#AND}. */
    default Tensor and(Tensor other) {
        return Tensor.apply(Binary.AND, self(), other);
    }

    /** {@link Binary#OR}. */
    default Tensor or(Tensor other) {
        return Tensor.apply(Binary.OR, self(), other);
    }

    /** {@link Binary#XOR}. */
    default Tensor xor(Tensor other) {
        return Tensor.apply(Binary.XOR, self(), other);
    }

    /** {@link Binary#SHL}. */
    default Tensor shiftLeft(Tensor bits) {
        return Tensor.apply(Binary.SHL, self(), bits);
    }

    /** {@link Binary#SHR}. */
    default Tensor shiftRight(Tensor bits) {
        return Tensor.apply(Binary.SHR, self(), bits);
    }

    /** {@code min(max(this, least), most)}. */
    default Tensor clamp(double least, double most) {
        return self().apply(new UnaryWith(CLAMP, least, most));
    }

    /** {@code min(max(this, least), most)}, exact for integers. */
    default Tensor clamp(long least, long most) {
        if (!self().dtype().isInteger() || (long) (double) least == least && (long) (double) most == most) {
            return clamp((double) least, (double) most);
        }
        return maximum(number("clamp", least)).minimum(number("clamp", most));
    }

    /** {@code min(max(this, -1), 1)}. */
    default Tensor hardtanh() {
        return hardtanh(-1, 1);
    }

    /** {@code min(max(this, least), most)}, an activation: unlike a clamp's, its gradient is 0 at the bounds. */
    default Tensor hardtanh(double least, double most) {
        return self().apply(new UnaryWith(HARDTANH, least, most));
    }

    /** {@code this} above 0, {@code slope * this} below. */
    default Tensor leakyRelu(double slope) {
        return with(LEAKY_RELU, slope);
    }

    /** {@code this} above 0, {@code alpha * (e^this - 1)} below. */
    default Tensor elu(double alpha) {
        return with(ELU, alpha);
    }

    /** {@link Compare#EQ}. */
    default Tensor eq(Tensor other) {
        return Tensor.apply(Compare.EQ, self(), other);
    }

    /** {@code this == value}. */
    default Tensor eq(double value) {
        return compare(Compare.EQ, value);
    }

    /** {@code this == value}, exact for integers. */
    default Tensor eq(long value) {
        return compare(Compare.EQ, value);
    }

    /** {@link Compare#NE}. */
    default Tensor ne(Tensor other) {
        return Tensor.apply(Compare.NE, self(), other);
    }

    /** {@code this != value}. */
    default Tensor ne(double value) {
        return compare(Compare.NE, value);
    }

    /** {@code this != value}, exact for integers. */
    default Tensor ne(long value) {
        return compare(Compare.NE, value);
    }

    /** {@link Compare#LT}. */
    default Tensor lt(Tensor other) {
        return Tensor.apply(Compare.LT, self(), other);
    }

    /** {@code this < value}. */
    default Tensor lt(double value) {
        return compare(Compare.LT, value);
    }

    /** {@code this < value}, exact for integers. */
    default Tensor lt(long value) {
        return compare(Compare.LT, value);
    }

    /** {@link Compare#LE}. */
    default Tensor le(Tensor other) {
        return Tensor.apply(Compare.LE, self(), other);
    }

    /** {@code this <= value}. */
    default Tensor le(double value) {
        return compare(Compare.LE, value);
    }

    /** {@code this <= value}, exact for integers. */
    default Tensor le(long value) {
        return compare(Compare.LE, value);
    }

    /** {@link Compare#GT}. */
    default Tensor gt(Tensor other) {
        return Tensor.apply(Compare.GT, self(), other);
    }

    /** {@code this > value}. */
    default Tensor gt(double value) {
        return compare(Compare.GT, value);
    }

    /** {@code this > value}, exact for integers. */
    default Tensor gt(long value) {
        return compare(Compare.GT, value);
    }

    /** {@link Compare#GE}. */
    default Tensor ge(Tensor other) {
        return Tensor.apply(Compare.GE, self(), other);
    }

    /** {@code this >= value}. */
    default Tensor ge(double value) {
        return compare(Compare.GE, value);
    }

    /** {@code this >= value}, exact for integers. */
    default Tensor ge(long value) {
        return compare(Compare.GE, value);
    }

    /** {@code this ? a : b}, elementwise; this tensor is a {@link DType#BOOL} condition. */
    default Tensor where(Tensor a, Tensor b) {
        return Tensor.apply(Ternary.WHERE, self(), a, b);
    }

    /** The elements, those where the {@link DType#BOOL} mask holds replaced by a value. */
    default Tensor maskedFill(Tensor mask, double value) {
        return mask.where(number("masked_fill", value), self());
    }

    /** The elements, those where the {@link DType#BOOL} mask holds replaced by a value, exact for integers. */
    default Tensor maskedFill(Tensor mask, long value) {
        return mask.where(number("masked_fill", value), self());
    }
}
