package dev.lanewise.onnx.op;

import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Functions of one tensor, element by element. */
final class ElementwiseOps {
    private static final double SELU_ALPHA = 1.6732631921768188;
    private static final double SELU_GAMMA = 1.0507010221481323;

    private ElementwiseOps() {}

    static void register(Map<String, Operator> all) {
        unary(all, "Neg", Tensor::neg);
        unary(all, "Sign", Tensor::sign);
        unary(all, "Ceil", Tensor::ceil);
        unary(all, "Floor", Tensor::floor);
        unary(all, "Round", Tensor::round);
        unary(all, "Sqrt", Tensor::sqrt);
        unary(all, "Exp", Tensor::exp);
        unary(all, "Log", Tensor::log);
        unary(all, "Reciprocal", Tensor::reciprocal);
        unary(all, "Sin", Tensor::sin);
        unary(all, "Cos", Tensor::cos);
        unary(all, "Tan", Tensor::tan);
        unary(all, "Asin", Tensor::asin);
        unary(all, "Acos", Tensor::acos);
        unary(all, "Atan", Tensor::atan);
        unary(all, "Sinh", Tensor::sinh);
        unary(all, "Cosh", Tensor::cosh);
        unary(all, "Tanh", Tensor::tanh);
        unary(all, "Asinh", ElementwiseOps::asinh);
        unary(all, "Acosh", x -> x.square().sub(1).sqrt().add(x).log());
        unary(all, "Atanh", x -> x.mul(2).div(x.rsub(1)).log1p().mul(0.5));
        unary(all, "Relu", Tensor::relu);
        unary(all, "Sigmoid", Tensor::sigmoid);
        unary(all, "Softplus", Tensor::softplus);
        unary(all, "Softsign", x -> x.div(x.abs().add(1)));
        unary(all, "Erf", Tensor::erf);
        unary(all, "Mish", Tensor::mish);
        unary(all, "HardSwish", x -> x.mul(hardSigmoid(x, 1.0 / 6, 0.5)));
        unary(all, "Not", Tensor::not);
        unary(all, "BitwiseNot", Tensor::not);
        all.put("Abs", c -> Elements.isUnsigned(c.type(0)) ? Call.out(c.value(0)) : c.same(c.x().abs()));
        all.put("Identity", c -> Call.out(c.value(0)));
        all.put("Elu", c -> c.same(elu(c.x(), c.f("alpha", 1))));
        all.put("Selu", c -> c.same(elu(c.x(), c.f("alpha", SELU_ALPHA)).mul(c.f("gamma", SELU_GAMMA))));
        all.put("Celu", c -> c.same(celu(c.x(), c.f("alpha", 1))));
        all.put("HardSigmoid", c -> c.same(hardSigmoid(c.x(), c.f("alpha", 0.2f), c.f("beta", 0.5))));
        all.put("LeakyRelu", c -> c.same(c.x().leakyRelu(c.f("alpha", 0.01f))));
        all.put(
                "ThresholdedRelu",
                c -> c.same(c.x().mul(c.x().gt(c.f("alpha", 1)).to(c.x().dtype()))));
        all.put("Gelu", c -> c.same(c.is("approximate", "tanh", "none") ? c.x().geluTanh() : c.x().gelu()));
        all.put("Swish", c -> c.same(swish(c.x(), c.f("alpha", 1))));
        all.put("Shrink", c -> c.same(shrink(c.x(), c.f("lambd", 0.5), c.f("bias", 0))));
        all.put("IsNaN", c -> Call.out(c.x().isNan()));
        all.put("IsInf", c -> Call.out(isInf(c)));
        all.put("PRelu", c -> c.same(prelu(c.x(), c.x(1), c.opset())));
        all.put("Clip", c -> c.same(clip(c)));
        all.put("Dropout", NormalizationOps::dropout);
        all.put("SwiGLU", c -> c.same(swiglu(c)));
    }

    private static void unary(Map<String, Operator> all, String name, UnaryOperator<Tensor> function) {
        all.put(name, c -> c.same(function.apply(c.x())));
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
