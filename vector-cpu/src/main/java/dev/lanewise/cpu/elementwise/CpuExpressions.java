package dev.lanewise.cpu.elementwise;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/**
 * The expression of each elementwise operation for each element type; one line per operation in the tables it names.
 */
final class CpuExpressions {
    private CpuExpressions() {}

    static Expression of(Unary op, DType dtype) {
        return switch (dtype) {
            case F32 -> F32Expressions.of(op);
            case F64 -> F64Expressions.of(op);
            case I8, U8, I32, I64, BOOL -> IntegerExpressions.of(op);
            case F16, BF16 -> throw converted(dtype);
        };
    }

    static Expression of(UnaryWith.Kind kind, DType dtype) {
        return switch (dtype) {
            case F32 -> F32Expressions.of(kind);
            case F64 -> F64Expressions.of(kind);
            case I8, U8, I32, I64, BOOL -> IntegerExpressions.of(kind);
            case F16, BF16 -> throw converted(dtype);
        };
    }

    static Expression of(Binary op, DType dtype) {
        return switch (dtype) {
            case F32 -> F32Expressions.of(op);
            case F64 -> F64Expressions.of(op);
            case I8, U8, I32, I64, BOOL -> IntegerExpressions.of(op);
            case F16, BF16 -> throw converted(dtype);
        };
    }

    static Expression of(Compare op, DType dtype) {
        return switch (dtype) {
            case F32 -> F32Expressions.of(op);
            case F64 -> F64Expressions.of(op);
            case I8, U8, I32, I64, BOOL -> IntegerExpressions.of(op);
            case F16, BF16 -> throw converted(dtype);
        };
    }

    private static IllegalArgumentException converted(DType dtype) {
        return new IllegalArgumentException(
                "elementwise kernel: " + dtype + " (expected it to be converted to F32 before)");
    }
}
