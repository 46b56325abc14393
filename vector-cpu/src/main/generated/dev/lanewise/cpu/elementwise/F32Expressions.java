// Generated from src/main/templates/elementwise/Expressions.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.elementwise.Expression.each;
import static dev.lanewise.cpu.elementwise.Expression.f32;
import static dev.lanewise.cpu.elementwise.Expression.f32Test;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.lanewise.cpu.Species;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import jdk.incubator.vector.FloatVector;

/** Single precision. Functions that are rarely used go element by element. */
final class F32Expressions {
    private F32Expressions() {}

    static Expression of(Unary op) {
        return switch (op) {
            case NEG -> f32(x -> x.neg());
            case ABS -> f32(x -> x.abs());
            case SIGN -> f32(x -> x.blend(1, x.compare(GT, 0)).blend(-1, x.compare(LT, 0)));
            case SQUARE -> f32(x -> x.mul(x));
            case RELU -> f32(x -> x.blend(0, x.compare(LT, 0)));
            case EXP -> f32(VectorMath::exp);
            case EXPM1 -> f32(VectorMath::expm1);
            case LOG -> f32(VectorMath::log);
            case LOG1P -> f32(VectorMath::log1p);
            case SQRT -> f32(x -> x.sqrt());
            case RSQRT -> f32(x -> FloatVector.broadcast(Species.F32, 1f).div(x.sqrt()));
            case RECIPROCAL -> f32(x -> FloatVector.broadcast(Species.F32, 1f).div(x));
            case SIN -> f32(VectorMath::sin);
            case COS -> f32(VectorMath::cos);
            case TAN -> each(Math::tan);
            case ASIN -> each(Math::asin);
            case ACOS -> each(Math::acos);
            case ATAN -> each(Math::atan);
            case SINH -> each(Math::sinh);
            case COSH -> each(Math::cosh);
            case TANH -> f32(VectorMath::tanh);
            case SIGMOID -> f32(VectorMath::sigmoid);
            case SILU -> f32(VectorMath::silu);
            case SOFTPLUS -> f32(VectorMath::softplus);
            case ERF -> f32(VectorMath::erf);
            case GELU -> f32(VectorMath::gelu);
            case GELU_TANH -> f32(VectorMath::geluTanh);
            case HARDSIGMOID -> f32(x -> x.div(6).add(0.5f).max(0).min(1));
            case MISH -> f32(VectorMath::mish);
            case FLOOR -> f32(VectorMath::floor);
            case CEIL -> f32(VectorMath::ceil);
            case ROUND -> f32(VectorMath::rint);
            case TRUNC -> f32(VectorMath::trunc);
            case NOT -> throw new IllegalArgumentException(op.opName() + ": not for floating-point numbers");
        };
    }

    static Expression of(UnaryWith.Kind kind) {
        return switch (kind) {
            case ADD -> f32((x, a) -> x.add(a));
            case MUL -> f32((x, a) -> x.mul(a));
            case RSUB -> f32((x, a) -> a.sub(x));
            case DIV -> f32((x, a) -> x.div(a));
            case RDIV -> f32((x, a) -> a.div(x));
            case POW -> each(Binary.POW::apply);
            case LEAKY_RELU -> f32((x, a) -> a.mul(x).blend(x, x.compare(GT, 0)));
            case ELU -> f32((x, a) -> a.mul(VectorMath.expm1(x)).blend(x, x.compare(GT, 0)));
            case CLAMP, HARDTANH -> f32((x, a, b) -> x.max(a).min(b));
        };
    }

    static Expression of(Binary op) {
        return switch (op) {
            case ADD -> f32((a, b) -> a.add(b));
            case SUB -> f32((a, b) -> a.sub(b));
            case MUL -> f32((a, b) -> a.mul(b));
            case DIV -> f32((a, b) -> a.div(b));
            case POW -> each(Binary.POW::apply);
            case MAXIMUM -> f32((a, b) -> a.max(b));
            case MINIMUM -> f32((a, b) -> a.min(b));
            case FLOOR_DIV -> each(Binary.FLOOR_DIV::apply);
            case REMAINDER -> each(Binary.REMAINDER::apply);
            case ATAN2 -> each(Math::atan2);
            case RELU_GRAD -> f32((g, y) -> g.blend(0, y.compare(LE, 0)));
            case SIGMOID_GRAD -> f32((g, y) -> g.mul(y).mul(FloatVector.broadcast(Species.F32, 1f).sub(y)));
            case TANH_GRAD -> f32((g, y) -> g.mul(FloatVector.broadcast(Species.F32, 1f).sub(y.mul(y))));
            case GELU_GRAD -> f32((g, x) -> g.mul(VectorMath.geluDerivative(x)));
            case GELU_TANH_GRAD -> f32((g, x) -> g.mul(VectorMath.geluTanhDerivative(x)));
            case SILU_GRAD -> f32((g, x) -> g.mul(VectorMath.siluDerivative(x)));
            case AND, OR, XOR, SHL, SHR ->
                throw new IllegalArgumentException(op.opName() + ": not for floating-point numbers");
        };
    }

    static Expression of(Compare op) {
        return switch (op) {
            case EQ -> f32Test((a, b) -> a.compare(EQ, b));
            case NE -> f32Test((a, b) -> a.compare(NE, b));
            case LT -> f32Test((a, b) -> a.compare(LT, b));
            case LE -> f32Test((a, b) -> a.compare(LE, b));
            case GT -> f32Test((a, b) -> a.compare(GT, b));
            case GE -> f32Test((a, b) -> a.compare(GE, b));
        };
    }
}
