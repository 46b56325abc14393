package dev.lanewise.onnx.op;

import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Functions of one tensor, element by element. */
final class ElementwiseOps {
    private static final double SELU_ALPHA = 1.6732631921768188;
    private static final double SELU_GAMMA = 1.0507010221481323;

    private ElementwiseOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Neg" -> unary(Tensor::neg);
            case "Sign" -> unary(Tensor::sign);
            case "Ceil" -> unary(Tensor::ceil);
            case "Floor" -> unary(Tensor::floor);
            case "Round" -> unary(Tensor::round);
            case "Sqrt" -> unary(Tensor::sqrt);
            case "Exp" -> unary(Tensor::exp);
            case "Log" -> unary(Tensor::log);
            case "Reciprocal" -> unary(Tensor::reciprocal);
            case "Sin" -> unary(Tensor::sin);
            case "Cos" -> unary(Tensor::cos);
            case "Tan" -> unary(Tensor::tan);
            case "Asin" -> unary(Tensor::asin);
            case "Acos" -> unary(Tensor::acos);
            case "Atan" -> unary(Tensor::atan);
            case "Sinh" -> unary(Tensor::sinh);
            case "Cosh" -> unary(Tensor::cosh);
            case "Tanh" -> unary(Tensor::tanh);
            case "Asinh" -> unary(ElementwiseOps::asinh);
            case "Acosh" -> unary(x -> x.square().sub(1).sqrt().add(x).log());
            case "Atanh" -> unary(x -> x.mul(2).div(x.rsub(1)).log1p().mul(0.5));
            case "Relu" -> unary(Tensor::relu);
            case "Sigmoid" -> unary(Tensor::sigmoid);
            case "Softplus" -> unary(Tensor::softplus);
            case "Softsign" -> unary(x -> x.div(x.abs().add(1)));
            case "Erf" -> unary(Tensor::erf);
            case "Mish" -> unary(Tensor::mish);
            case "HardSwish" -> unary(x -> x.mul(hardSigmoid(x, 1.0 / 6, 0.5)));
            case "Not" -> unary(Tensor::not);
            case "BitwiseNot" -> unary(Tensor::not);
            case "Abs" -> c -> Elements.isUnsigned(c.type(0)) ? Call.out(c.value(0)) : c.same(c.x().abs());
            case "Identity" -> c -> Call.out(c.value(0));
            case "Elu" -> c -> c.same(elu(c.x(), c.f("alpha", 1)));
            case "Selu" -> c -> c.same(elu(c.x(), c.f("alpha", SELU_ALPHA)).mul(c.f("gamma", SELU_GAMMA)));
            case "Celu" -> c -> c.same(celu(c.x(), c.f("alpha", 1)));
            case "HardSigmoid" -> c -> c.same(hardSigmoid(c.x(), c.f("alpha", 0.2f), c.f("beta", 0.5)));
            case "LeakyRelu" -> c -> c.same(c.x().leakyRelu(c.f("alpha", 0.01f)));
            case "ThresholdedRelu" ->
                c -> c.same(c.x().mul(c.x().gt(c.f("alpha", 1)).to(c.x().dtype())));
            case "Gelu" -> c -> c.same(c.is("approximate", "tanh", "none") ? c.x().geluTanh() : c.x().gelu());
            case "Swish" -> c -> c.same(swish(c.x(), c.f("alpha", 1)));
            case "Shrink" -> c -> c.same(shrink(c.x(), c.f("lambd", 0.5), c.f("bias", 0)));
            case "IsNaN" -> c -> Call.out(c.x().isNan());
            case "IsInf" -> c -> Call.out(isInf(c));
            case "PRelu" -> c -> c.same(prelu(c.x(), c.x(1), c.opset()));
            case "Clip" -> c -> c.same(clip(c));
            case "Dropout" -> NormalizationOps::dropout;
            case "SwiGLU" -> c -> c.same(swiglu(c));
            default -> null;
        };
    }

    private static Operator unary(UnaryOperator<Tensor> function) {
        return c -> c.same(function.apply(c.x()));
    }

    /** Written so that nothing cancels near 0. */
    private static Tensor asinh(Tensor x) {
        Tensor a = x.abs();
        Tensor square = x.square();
        return a.add(square.div(square.add(1).sqrt().add(1))).log1p().mul(x.sign());
    }

    static Tensor elu(Tensor x, double alpha) {
        return x.elu(alpha);
    }

    static Tensor celu(Tensor x, double alpha) {
        return x.gt(0.0).where(x, x.div(alpha).elu(1).mul(alpha));
    }

    static Tensor hardSigmoid(Tensor x, double alpha, double beta) {
        return x.mul(alpha).add(beta).clamp(0.0, 1.0);
    }

    static Tensor swish(Tensor x, double alpha) {
        return alpha == 1 ? x.silu() : x.mul(x.mul(alpha).sigmoid());
    }

    private static Tensor swiglu(Call c) {
        return swish(c.x(), c.f("alpha", 1)).mul(c.x(1));
    }

    private static Tensor shrink(Tensor x, double lambda, double bias) {
        Tensor wide = x.dtype().isFloating() ? x : x.to(DType.F64);
        Tensor zero = wide.zerosLike();
        return wide.lt(-lambda)
                .where(wide.add(bias), wide.gt(lambda).where(wide.sub(bias), zero))
                .to(x.dtype());
    }

    private static Tensor isInf(Call c) {
        Tensor x = c.x();
        Tensor none = x.ne(x).and(x.eq(x));
        Tensor positive = c.flag("detect_positive", true) ? x.eq(Double.POSITIVE_INFINITY) : none;
        return c.flag("detect_negative", true) ? positive.or(x.eq(Double.NEGATIVE_INFINITY)) : positive;
    }

    /** Before opset 7, a slope per channel was given as a vector. */
    private static Tensor prelu(Tensor x, Tensor slope, int opset) {
        Tensor fitted = slope;
        int rank = x.shape().rank();
        if (opset < 7 && slope.shape().rank() == 1 && slope.shape().elements() > 1 && rank > 2) {
            long[] sizes = new long[rank - 1];
            java.util.Arrays.fill(sizes, 1);
            sizes[0] = slope.shape().elements();
            fitted = slope.reshape(sizes);
        }
        return x.lt(Call.like(0, x)).where(x.mul(fitted), x);
    }

    private static Tensor clip(Call c) {
        Tensor x = c.x();
        Tensor least = bound(c, 1, "min");
        Tensor most = bound(c, 2, "max");
        Tensor above = least == null ? x : x.maximum(least);
        return most == null ? above : above.minimum(most);
    }

    private static @Nullable Tensor bound(Call c, int input, String attribute) {
        if (c.hasAttribute(attribute)) {
            return Call.like(c.f(attribute, 0), c.x());
        }
        Tensor given = c.maybe(input);
        return given == null ? null : given.reshape();
    }
}
