package dev.lanewise.cuda.kernel;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * Elementwise operations in CUDA C, one line each: in {@code a}, {@code b}, {@code c} (the operands in the type they are
 * computed in: float, double or a 64-bit integer) and {@code p}, {@code q} (the numbers of {@link UnaryWith}). An
 * operation without a line does not compile.
 */
public final class CudaExpressions {
    private CudaExpressions() {}

    static String of(Unary op, DType dtype) {
        return switch (op) {
            case NEG -> "-a";
            case ABS -> "abs(a)";
            case SIGN -> "sign(a)";
            case SQUARE -> "a * a";
            case RELU -> "a < 0 ? (T)0 : a";
            case NOT -> dtype == DType.BOOL ? "(i64)!a" : "~a";
            case EXP -> "exp(a)";
            case EXPM1 -> "expm1(a)";
            case LOG -> "log(a)";
            case LOG1P -> "log1p(a)";
            case SQRT -> "sqrt(a)";
            case RSQRT -> "rsqrt(a)";
            case RECIPROCAL -> "1 / a";
            case SIN -> "sin(a)";
            case COS -> "cos(a)";
            case TAN -> "tan(a)";
            case ASIN -> "asin(a)";
            case ACOS -> "acos(a)";
            case ATAN -> "atan(a)";
            case SINH -> "sinh(a)";
            case COSH -> "cosh(a)";
            case TANH -> "tanh(a)";
            case SIGMOID -> "sigmoid(a)";
            case SILU -> "a * sigmoid(a)";
            case SOFTPLUS -> "softplus(a)";
            case ERF -> "erf(a)";
            case GELU -> "gelu(a)";
            case GELU_TANH -> "gelu_tanh(a)";
            case HARDSIGMOID -> "minimum(maximum(a / 6 + (T)0.5, (T)0), (T)1)";
            case MISH -> "a * tanh(softplus(a))";
            case FLOOR -> "floor(a)";
            case CEIL -> "ceil(a)";
            case ROUND -> "rint(a)";
            case TRUNC -> "trunc(a)";
        };
    }

    static String of(UnaryWith.Kind op) {
        return switch (op) {
            case ADD -> "a + p";
            case MUL -> "a * p";
            case RSUB -> "p - a";
            case DIV -> "a / p";
            case RDIV -> "p / a";
            case POW -> "power(a, p)";
            case LEAKY_RELU -> "a > 0 ? a : p * a";
            case ELU -> "a > 0 ? a : p * expm1(a)";
            case CLAMP, HARDTANH -> "minimum(maximum(a, p), q)";
        };
    }

    static String of(Binary op) {
        return switch (op) {
            case ADD -> "a + b";
            case SUB -> "a - b";
            case MUL -> "a * b";
            case DIV -> "a / b";
            case POW -> "power(a, b)";
            case MAXIMUM -> "maximum(a, b)";
            case MINIMUM -> "minimum(a, b)";
            case FLOOR_DIV -> "floor_div(a, b)";
            case REMAINDER -> "remainder_of(a, b)";
            case ATAN2 -> "atan2(a, b)";
            case AND -> "a & b";
            case OR -> "a | b";
            case XOR -> "a ^ b";
            case SHL -> "b < 0 || b > 63 ? (i64)0 : (i64)((u64)a << b)";
            case SHR -> "a >> (b < 0 || b > 63 ? (i64)63 : b)";
            case RELU_GRAD -> "b <= 0 ? (T)0 : a";
            case SIGMOID_GRAD -> "a * b * (1 - b)";
            case TANH_GRAD -> "a * (1 - b * b)";
            case GELU_GRAD -> "a * gelu_derivative(b)";
            case GELU_TANH_GRAD -> "a * gelu_tanh_derivative(b)";
            case SILU_GRAD -> "a * silu_derivative(b)";
        };
    }

    static String of(Compare op) {
        return switch (op) {
            case EQ -> "(i64)(a == b)";
            case NE -> "(i64)(a != b)";
            case LT -> "(i64)(a < b)";
            case LE -> "(i64)(a <= b)";
            case GT -> "(i64)(a > b)";
            case GE -> "(i64)(a >= b)";
        };
    }

    static String of(Ternary op) {
        return switch (op) {
            case WHERE -> "a ? b : c";
        };
    }
}
