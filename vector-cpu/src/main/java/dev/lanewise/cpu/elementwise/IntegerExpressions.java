package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.elementwise.Expression.integer;
import static dev.lanewise.cpu.elementwise.Expression.integerTest;

import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/** Integers and truth values, as 64-bit integers that wrap to the element type when stored. */
final class IntegerExpressions {
    private IntegerExpressions() {}

    static Expression of(Unary op) {
        return switch (op) {
            case NEG -> integer(x -> -x);
            case ABS -> integer(Math::abs);
            case SIGN -> integer(Long::signum);
            case SQUARE -> integer(x -> x * x);
            case RELU -> integer(x -> Math.max(x, 0));
            case NOT -> integer(x -> ~x);
            case EXP,
                    EXPM1,
                    LOG,
                    LOG1P,
                    SQRT,
                    RSQRT,
                    RECIPROCAL,
                    SIN,
                    COS,
                    TAN,
                    ASIN,
                    ACOS,
                    ATAN,
                    SINH,
                    COSH,
                    TANH,
                    SIGMOID,
                    SILU,
                    SOFTPLUS,
                    ERF,
                    GELU,
                    GELU_TANH,
                    HARDSIGMOID,
                    MISH,
                    FLOOR,
                    CEIL,
                    ROUND,
                    TRUNC -> throw new IllegalArgumentException(op.opName() + ": not for integers");
        };
    }

    static Expression of(UnaryWith.Kind kind) {
        return switch (kind) {
            case ADD -> integer((x, a, b) -> x + a);
            case MUL -> integer((x, a, b) -> x * a);
            case RSUB -> integer((x, a, b) -> a - x);
            case CLAMP -> integer((x, a, b) -> Math.min(Math.max(x, a), b));
            case DIV, RDIV, POW, LEAKY_RELU, ELU, HARDTANH ->
                throw new IllegalArgumentException(kind + ": not for integers");
        };
    }

    static Expression of(Binary op) {
        return switch (op) {
            case ADD -> integer(Long::sum);
            case SUB -> integer((a, b) -> a - b);
            case MUL -> integer((a, b) -> a * b);
            case POW -> integer(Binary.POW::apply);
            case MAXIMUM -> integer(Math::max);
            case MINIMUM -> integer(Math::min);
            case FLOOR_DIV -> integer((a, b) -> b == 0 ? 0 : Math.floorDiv(a, b));
            case REMAINDER -> integer((a, b) -> b == 0 ? 0 : Math.floorMod(a, b));
            case AND -> integer((a, b) -> a & b);
            case OR -> integer((a, b) -> a | b);
            case XOR -> integer((a, b) -> a ^ b);
            case SHL -> integer((a, b) -> b < 0 || b > 63 ? 0 : a << b);
            case SHR -> integer((a, b) -> a >> (b < 0 || b > 63 ? 63 : b));
            case DIV, ATAN2, RELU_GRAD, SIGMOID_GRAD, TANH_GRAD, GELU_GRAD, GELU_TANH_GRAD, SILU_GRAD ->
                throw new IllegalArgumentException(op.opName() + ": not for integers");
        };
    }

    static Expression of(Compare op) {
        return switch (op) {
            case EQ -> integerTest((a, b) -> a == b);
            case NE -> integerTest((a, b) -> a != b);
            case LT -> integerTest((a, b) -> a < b);
            case LE -> integerTest((a, b) -> a <= b);
            case GT -> integerTest((a, b) -> a > b);
            case GE -> integerTest((a, b) -> a >= b);
        };
    }
}
