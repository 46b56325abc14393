package dev.lanewise.onnx.op;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/** Functions of two or more tensors, element by element; shapes broadcast. */
final class ArithmeticOps {
    private ArithmeticOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Add" -> binary(Tensor::add);
            case "Sub" -> binary(Tensor::sub);
            case "Mul" -> binary(Tensor::mul);
            case "Div" -> c -> c.same(div(c));
            case "Pow" -> c -> c.same(pow(c));
            case "Mod" -> c -> c.same(mod(c));
            case "Max" -> c -> c.same(folded(c, (a, b) -> extreme(c, a, b, true)));
            case "Min" -> c -> c.same(folded(c, (a, b) -> extreme(c, a, b, false)));
            case "Sum" -> c -> c.same(folded(c, Tensor::add));
            case "Mean" -> c -> c.same(folded(c, Tensor::add).div((double) c.inputs()));
            case "And" -> binary(Tensor::and);
            case "Or" -> binary(Tensor::or);
            case "Xor" -> binary(Tensor::xor);
            case "BitwiseAnd" -> binary(Tensor::and);
            case "BitwiseOr" -> binary(Tensor::or);
            case "BitwiseXor" -> binary(Tensor::xor);
            case "BitShift" -> c -> c.same(shift(c));
            case "Equal" -> c -> c.isTexts(0) ? Call.out(TextOps.equal(c)) : Call.out(legacy(c, Tensor::eq));
            case "Less" -> compare(Tensor::lt);
            case "LessOrEqual" -> compare(Tensor::le);
            case "Greater" -> compare(Tensor::gt);
            case "GreaterOrEqual" -> compare(Tensor::ge);
            case "Where" -> ArithmeticOps::where;
            default -> null;
        };
    }

    private static Operator binary(BinaryOperator<Tensor> function) {
        return c -> {
            c.sameType(0, 1);
            return c.same(legacy(c, function));
        };
    }

    private static Operator compare(BinaryOperator<Tensor> function) {
        return c -> {
            c.sameType(0, 1);
            BinaryOperator<Tensor> ordered =
                    c.type(0) == ElementType.UINT64 ? (a, b) -> function.apply(ordered(a), ordered(b)) : function;
            return Call.out(legacy(c, ordered));
        };
    }

    /** Unsigned 64-bit numbers, mapped to signed ones of the same order. */
    static Tensor ordered(Tensor x) {
        return x.xor(Tensor.full(Long.MIN_VALUE, DType.I64, x.device()));
    }

    /** Before opset 7, shapes broadcast only if the node says so, and along the axis that it names. */
    private static Tensor legacy(Call c, BinaryOperator<Tensor> function) {
        Tensor a = c.x();
        Tensor b = c.x(1);
        if (c.opset() < 7
                && c.hasAttribute("axis")
                && b.shape().rank() < a.shape().rank()) {
            int axis = c.axis(-1, a.shape().rank());
            long[] sizes = new long[a.shape().rank() - axis];
            Arrays.fill(sizes, 1);
            for (int d = 0; d < b.shape().rank() && d < sizes.length; d++) {
                sizes[d] = b.shape().size(d);
            }
            b = b.reshape(sizes);
        }
        return function.apply(a, b);
    }

    /** Whole numbers are divided towards zero. */
    private static Tensor div(Call c) {
        c.sameType(0, 1);
        ElementType type = c.type(0);
        if (Elements.isFloating(type)) {
            return legacy(c, Tensor::div);
        }
        if (type == ElementType.UINT64) {
            return legacy(c, (a, b) -> Host.wholes(a, b, (x, y) -> y == 0 ? 0 : Long.divideUnsigned(x, y)));
        }
        return legacy(c, (a, b) -> Host.wholes(a, b, (x, y) -> y == 0 ? 0 : x / y));
    }

    private static Tensor pow(Call c) {
        Tensor base = c.x();
        Tensor exponent = c.x(1);
        if (base.dtype() == exponent.dtype()) {
            return legacy(c, base.dtype().isFloating() ? ArithmeticOps::power : Tensor::pow);
        }
        if (base.dtype().isFloating()) {
            return power(base, exponent.to(base.dtype()));
        }
        return base.to(DType.F64).pow(exponent.to(DType.F64)).to(base.dtype());
    }

    /** Squares, which norms write as powers, are exact and fast as products. */
    private static Tensor power(Tensor base, Tensor exponent) {
        if (exponent.shape().elements() == 1
                && exponent.shape().rank() <= base.shape().rank()) {
            double value = exponent.reshape().item();
            if (value == 2) {
                return base.square();
            }
            return base.pow(value);
        }
        return base.pow(exponent);
    }

    private static Tensor mod(Call c) {
        c.sameType(0, 1);
        Tensor a = c.x();
        Tensor b = c.x(1);
        ElementType type = c.type(0);
        if (!c.flag("fmod", false) || Elements.isUnsigned(type)) {
            return type == ElementType.UINT64
                    ? Host.wholes(a, b, (x, y) -> y == 0 ? 0 : Long.remainderUnsigned(x, y))
                    : a.remainder(b);
        }
        return Elements.isFloating(type)
                ? Host.reals(a, b, (x, y) -> x % y)
                : Host.wholes(a, b, (x, y) -> y == 0 ? 0 : x % y);
    }

    private static Tensor extreme(Call c, Tensor a, Tensor b, boolean most) {
        if (c.type(0) == ElementType.UINT64) {
            Tensor first = ordered(a);
            Tensor second = ordered(b);
            return ordered(most ? first.maximum(second) : first.minimum(second));
        }
        return most ? a.maximum(b) : a.minimum(b);
    }

    private static Tensor folded(Call c, BinaryOperator<Tensor> function) {
        Tensor result = c.x();
        for (int i = 1; i < c.inputs(); i++) {
            c.sameType(0, i);
            result = function.apply(result, c.x(i));
        }
        return result;
    }

    /** Shifts by the width or more leave 0, or only the sign. */
    private static Tensor shift(Call c) {
        c.sameType(0, 1);
        ElementType type = c.type(0);
        boolean left = c.s("direction", "").equals("LEFT");
        int width = Elements.bits(type);
        return Host.wholes(c.x(), c.x(1), (x, by) -> {
            boolean beyond = by < 0 || by >= width;
            if (left) {
                return beyond ? 0 : x << by;
            }
            if (Elements.isUnsigned(type)) {
                return beyond ? 0 : x >>> by;
            }
            return x >> (beyond ? 63 : by);
        });
    }

    private static OnnxValue[] where(Call c) {
        Tensor condition = c.x();
        if (c.isTexts(1)) {
            return Call.out(TextOps.where(condition, c.texts(1), c.texts(2)));
        }
        c.sameType(1, 2);
        Tensor a = c.x(1);
        Tensor b = c.x(2);
        if (a.dtype() == DType.BOOL) {
            Shape shape = Shape.broadcast("where", a.shape(), b.shape());
            return Call.out(condition.and(a.expand(shape)).or(condition.not().and(b.expand(shape))));
        }
        return Call.typed(c.type(1), condition.where(a, b));
    }
}
