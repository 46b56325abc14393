// Generated from src/main/templates/elementwise/Expressions.java.template: do not edit.
package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.elementwise.Expression.each;
import static dev.lanewise.cpu.elementwise.Expression.f64;
import static dev.lanewise.cpu.elementwise.Expression.f64Test;
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
import jdk.incubator.vector.DoubleVector;

/** Double precision. Functions without an instruction of their own go element by element. */
final class F64Expressions {
    private F64Expressions() {}

    static Expression of(Unary op) {
        return switch (op) {
            case NEG -> f64(x -> x.neg());
            case ABS -> f64(x -> x.abs());
            case SIGN -> f64(x -> x.blend(1, x.compare(GT, 0)).blend(-1, x.compare(LT, 0)));
            case SQUARE -> f64(x -> x.mul(x));
            case RELU -> f64(x -> x.blend(0, x.compare(LT, 0)));
            case EXP -> each(Math::exp);
            case EXPM1 -> each(Math::expm1);
            case LOG -> each(Math::log);
            case LOG1P -> each(Math::log1p);
            case SQRT -> f64(x -> x.sqrt());
            case RSQRT -> f64(x -> DoubleVector.broadcast(Species.F64, 1d).div(x.sqrt()));
            case RECIPROCAL -> f64(x -> DoubleVector.broadcast(Species.F64, 1d).div(x));
            case SIN -> each(Math::sin);
            case COS -> each(Math::cos);
            case TAN -> each(Math::tan);
            case ASIN -> each(Math::asin);
            case ACOS -> each(Math::acos);
            case ATAN -> each(Math::atan);
            case SINH -> each(Math::sinh);
            case COSH -> each(Math::cosh);
            case TANH -> each(Math::tanh);
            case SIGMOID -> each(Unary.SIGMOID::apply);
            case SILU -> each(Unary.SILU::apply);
            case SOFTPLUS -> each(Unary.SOFTPLUS::apply);
            case ERF -> each(Unary.ERF::apply);
            case GELU -> each(Unary.GELU::apply);
            case GELU_TANH -> each(Unary.GELU_TANH::apply);
            case HARDSIGMOID -> f64(x -> x.div(6).add(0.5d).max(0).min(1));
            case MISH -> each(Unary.MISH::apply);
            case FLOOR -> each(Math::floor);
            case CEIL -> each(Math::ceil);
            case ROUND -> each(Math::rint);
            case TRUNC -> each(Unary.TRUNC::apply);
            case NOT -> throw new IllegalArgumentException(op.opName() + ": not for floating-point numbers");
        };
    }

    static Expression of(UnaryWith.Kind kind) {
        return switch (kind) {
            case ADD -> f64((x, a) -> x.add(a));
            case MUL -> f64((x, a) -> x.mul(a));
            case RSUB -> f64((x, a) -> a.sub(x));
            case DIV -> f64((x, a) -> x.div(a));
            case RDIV -> f64((x, a) -> a.div(x));
            case POW -> each(Binary.POW::apply);
            case LEAKY_RELU -> f64((x, a) -> a.mul(x).blend(x, x.compare(GT, 0)));
            case ELU -> each((x, a) -> x > 0 ? x : a * Math.expm1(x));
            case CLAMP, HARDTANH -> f64((x, a, b) -> x.max(a).min(b));
        };
    }

    static Expression of(Binary op) {
        return switch (op) {
            case ADD -> f64((a, b) -> a.add(b));
            case SUB -> f64((a, b) -> a.sub(b));
            case MUL -> f64((a, b) -> a.mul(b));
            case DIV -> f64((a, b) -> a.div(b));
            case POW -> each(Binary.POW::apply);
            case MAXIMUM -> f64((a, b) -> a.max(b));
            case MINIMUM -> f64((a, b) -> a.min(b));
            case FLOOR_DIV -> each(Binary.FLOOR_DIV::apply);
            case REMAINDER -> each(Binary.REMAINDER::apply);
            case ATAN2 -> each(Math::atan2);
            case RELU_GRAD -> f64((g, y) -> g.blend(0, y.compare(LE, 0)));
            case SIGMOID_GRAD -> f64((g, y) -> g.mul(y).mul(DoubleVector.broadcast(Species.F64, 1d).sub(y)));
            case TANH_GRAD -> f64((g, y) -> g.mul(DoubleVector.broadcast(Species.F64, 1d).sub(y.mul(y))));
            case GELU_GRAD -> each(Binary.GELU_GRAD::apply);
            case GELU_TANH_GRAD -> each(Binary.GELU_TANH_GRAD::apply);
            case SILU_GRAD -> each(Binary.SILU_GRAD::apply);
            case AND, OR, XOR, SHL, SHR ->
                throw new IllegalArgumentException(op.opName() + ": not for floating-point numbers");
        };
    }

    static Expression of(Compare op) {
        return switch (op) {
            case EQ -> f64Test((a, b) -> a.compare(EQ, b));
            case NE -> f64Test((a, b) -> a.compare(NE, b));
            case LT -> f64Test((a, b) -> a.compare(LT, b));
            case LE -> f64Test((a, b) -> a.compare(LE, b));
            case GT -> f64Test((a, b) -> a.compare(GT, b));
            case GE -> f64Test((a, b) -> a.compare(GE, b));
        };
    }
}
