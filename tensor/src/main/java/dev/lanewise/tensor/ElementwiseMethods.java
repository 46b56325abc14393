package dev.lanewise.tensor;

import static dev.lanewise.tensor.op.UnaryWith.Kind.CLAMP;
import static dev.lanewise.tensor.op.UnaryWith.Kind.DIV;
import static dev.lanewise.tensor.op.UnaryWith.Kind.ELU;
import static dev.lanewise.tensor.op.UnaryWith.Kind.LEAKY_RELU;
import static dev.lanewise.tensor.op.UnaryWith.Kind.POW;
import static dev.lanewise.tensor.op.UnaryWith.Kind.RDIV;
import static dev.lanewise.tensor.op.UnaryWith.Kind.RSUB;

import dev.lanewise.tensor.op.Binary;
import dev.lanewise.tensor.op.Compare;
import dev.lanewise.tensor.op.Ternary;
import dev.lanewise.tensor.op.Unary;
import dev.lanewise.tensor.op.UnaryWith;

/**
 * Elementwise functions of a {@link Tensor}. Operands of two-operand functions have one type and broadcast; numbers take
 * the tensor's type. What each function means is said at its op: {@link Unary}, {@link UnaryWith}, {@link Binary}.
 */
public sealed interface ElementwiseMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor with(UnaryWith.Kind kind, double a) {
        return self().apply(new UnaryWith(kind, a));
    }

    private Tensor number(double value) {
        return Tensor.full(value, self().dtype(), self().device());
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
        return abs().eq(Double.POSITIVE_INFINITY);
    }

    /** Whether each element is neither an infinity nor NaN: {@link DType#BOOL}. */
    default Tensor isFinite() {
        return abs().lt(Double.POSITIVE_INFINITY);
    }

    /** {@link Binary#ADD}. */
    default Tensor add(Tensor other) {
        return Tensor.apply(Binary.ADD, self(), other);
    }

    /** {@code this + value}. */
    default Tensor add(double value) {
        return with(UnaryWith.Kind.ADD, value);
    }

    /** {@link Binary#SUB}. */
    default Tensor sub(Tensor other) {
        return Tensor.apply(Binary.SUB, self(), other);
    }

    /** {@code this - value}. */
    default Tensor sub(double value) {
        return with(UnaryWith.Kind.ADD, -value);
    }

    /** {@code value - this}. */
    default Tensor rsub(double value) {
        return with(RSUB, value);
    }

    /** {@link Binary#MUL}. */
    default Tensor mul(Tensor other) {
        return Tensor.apply(Binary.MUL, self(), other);
    }

    /** {@code this * value}. */
    default Tensor mul(double value) {
        return with(UnaryWith.Kind.MUL, value);
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
        return floorDiv(number(value));
    }

    /** {@link Binary#REMAINDER}. */
    default Tensor remainder(Tensor other) {
        return Tensor.apply(Binary.REMAINDER, self(), other);
    }

    /** {@code this - value * floor(this / value)}; see {@link Binary#REMAINDER}. */
    default Tensor remainder(double value) {
        return remainder(number(value));
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

    /** {@code min(max(this, -1), 1)}. */
    default Tensor hardtanh() {
        return clamp(-1, 1);
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
        return eq(number(value));
    }

    /** {@link Compare#NE}. */
    default Tensor ne(Tensor other) {
        return Tensor.apply(Compare.NE, self(), other);
    }

    /** {@code this != value}. */
    default Tensor ne(double value) {
        return ne(number(value));
    }

    /** {@link Compare#LT}. */
    default Tensor lt(Tensor other) {
        return Tensor.apply(Compare.LT, self(), other);
    }

    /** {@code this < value}. */
    default Tensor lt(double value) {
        return lt(number(value));
    }

    /** {@link Compare#LE}. */
    default Tensor le(Tensor other) {
        return Tensor.apply(Compare.LE, self(), other);
    }

    /** {@code this <= value}. */
    default Tensor le(double value) {
        return le(number(value));
    }

    /** {@link Compare#GT}. */
    default Tensor gt(Tensor other) {
        return Tensor.apply(Compare.GT, self(), other);
    }

    /** {@code this > value}. */
    default Tensor gt(double value) {
        return gt(number(value));
    }

    /** {@link Compare#GE}. */
    default Tensor ge(Tensor other) {
        return Tensor.apply(Compare.GE, self(), other);
    }

    /** {@code this >= value}. */
    default Tensor ge(double value) {
        return ge(number(value));
    }

    /** {@code this ? a : b}, elementwise; this tensor is a {@link DType#BOOL} condition. */
    default Tensor where(Tensor a, Tensor b) {
        return Tensor.apply(Ternary.WHERE, self(), a, b);
    }

    /** The elements, those where the {@link DType#BOOL} mask holds replaced by a value. */
    default Tensor maskedFill(Tensor mask, double value) {
        return mask.where(number(value), self());
    }
}
