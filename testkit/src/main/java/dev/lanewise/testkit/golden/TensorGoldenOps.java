package dev.lanewise.testkit.golden;

import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.NeuralMethods;
import dev.lanewise.tensor.OrderMethods;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The operations that tensors have themselves: elementwise, reductions, shapes, products, convolutions, normalizations. */
public final class TensorGoldenOps implements GoldenOps {
    private final Map<String, GoldenOp> ops = new HashMap<>();

    /** All adapters. */
    public TensorGoldenOps() {
        unary();
        unaryWithAttributes();
        binary();
        reductions();
        scans();
        shapes();
        indexing();
        products();
        convolutions();
        pooling();
        normalizations();
        ops.putAll(LinalgGoldenOps.ops());
    }

    @Override
    public Map<String, GoldenOp> ops() {
        return ops;
    }

    /** The tensors of one case, by name. */
    private record In(Map<String, Tensor> tensors) {
        Tensor get(String name) {
            Tensor tensor = tensors.get(name);
            if (tensor == null) {
                throw new IllegalArgumentException("the case has no input '" + name + "', only " + tensors.keySet());
            }
            return tensor;
        }

        Tensor x() {
            return get("x");
        }

        @Nullable
        Tensor optional(String name) {
            return tensors.get(name);
        }
    }

    private interface One {
        Tensor run(In in, Attributes attributes);
    }

    private interface Several {
        List<Tensor> run(In in, Attributes attributes);
    }

    private void several(String op, Several several) {
        ops.put(op, (inputs, attributes) -> several.run(new In(inputs), attributes));
    }

    private void one(String op, One one) {
        several(op, (in, attributes) -> List.of(one.run(in, attributes)));
    }

    private void unary(String op, UnaryOperator<Tensor> function) {
        one(op, (in, a) -> function.apply(in.x()));
    }

    private void binary(String op, BinaryOperator<Tensor> function) {
        one(op, (in, a) -> function.apply(in.get("a"), in.get("b")));
    }

    private void unary() {
        unary("neg", Tensor::neg);
        unary("abs", Tensor::abs);
        unary("exp", Tensor::exp);
        unary("expm1", Tensor::expm1);
        unary("log", Tensor::log);
        unary("log1p", Tensor::log1p);
        unary("sqrt", Tensor::sqrt);
        unary("rsqrt", Tensor::rsqrt);
        unary("reciprocal", Tensor::reciprocal);
        unary("square", Tensor::square);
        unary("sin", Tensor::sin);
        unary("cos", Tensor::cos);
        unary("tanh", Tensor::tanh);
        unary("sigmoid", Tensor::sigmoid);
        unary("relu", Tensor::relu);
        unary("silu", Tensor::silu);
        unary("softplus", Tensor::softplus);
        unary("erf", Tensor::erf);
        unary("sign", Tensor::sign);
        unary("floor", Tensor::floor);
        unary("ceil", Tensor::ceil);
        unary("round", Tensor::round);
        unary("hardtanh", Tensor::hardtanh);
        unary("hardsigmoid", Tensor::hardsigmoid);
        unary("mish", Tensor::mish);
    }

    private void unaryWithAttributes() {
        one(
                "gelu",
                (in, a) -> a.text("approximate").equals("tanh")
                        ? in.x().geluTanh()
                        : in.x().gelu());
        one("leaky_relu", (in, a) -> in.x().leakyRelu(a.number("negative_slope")));
        one("elu", (in, a) -> in.x().elu(a.number("alpha")));
        one("clamp", (in, a) -> in.x().clamp(a.number("min"), a.number("max")));
        one("pow_scalar", (in, a) -> in.x().pow(a.number("exponent")));
        one("add_scalar", (in, a) -> in.x().add(a.number("value")));
        one("mul_scalar", (in, a) -> in.x().mul(a.number("value")));
        one("rsub_scalar", (in, a) -> in.x().rsub(a.number("value")));
        one("div_scalar", (in, a) -> in.x().div(a.number("value")));
    }

    private void binary() {
        binary("add", Tensor::add);
        binary("sub", Tensor::sub);
        binary("mul", Tensor::mul);
        binary("div", Tensor::div);
        binary("pow", Tensor::pow);
        binary("maximum", Tensor::maximum);
        binary("minimum", Tensor::minimum);
        binary("atan2", Tensor::atan2);
        binary("floor_divide", Tensor::floorDiv);
        binary("remainder", Tensor::remainder);
        binary("eq", Tensor::eq);
        binary("ne", Tensor::ne);
        binary("lt", Tensor::lt);
        binary("le", Tensor::le);
        binary("gt", Tensor::gt);
        binary("ge", Tensor::ge);
        one("where", (in, a) -> in.get("cond").where(in.get("a"), in.get("b")));
    }

    private interface Reduction {
        Tensor run(Tensor x, int[] dims, Keep keep);
    }

    private void reduction(String op, Reduction reduction) {
        one(op, (in, a) -> reduction.run(in.x(), a.dims("dim"), Keep.when(a.flagOrFalse("keepdim"))));
    }

    private void reductions() {
        reduction("sum", Tensor::sum);
        reduction("mean", Tensor::mean);
        reduction("amax", Tensor::amax);
        reduction("amin", Tensor::amin);
        reduction("logsumexp", Tensor::logSumExp);
        reduction("any", Tensor::any);
        reduction("all", Tensor::all);
        one("var", (in, a) -> in.x().var(a.dims("dim"), a.number("correction"), Keep.when(a.flag("keepdim"))));
        one("std", (in, a) -> in.x().std(a.dims("dim"), a.number("correction"), Keep.when(a.flag("keepdim"))));
        one("norm", (in, a) -> in.x().norm(a.number("p"), a.dims("dim"), Keep.when(a.flag("keepdim"))));
        unary("sum_all", Tensor::sum);
        unary("mean_all", Tensor::mean);
        unary("prod_all", Tensor::prod);
        unary("max_all", Tensor::amax);
        unary("min_all", Tensor::amin);
        one("argmax", (in, a) -> in.x().argmax(a.dim("dim"), Keep.when(a.flag("keepdim"))));
        one("argmin", (in, a) -> in.x().argmin(a.dim("dim"), Keep.when(a.flag("keepdim"))));
        one("softmax", (in, a) -> in.x().softmax(a.dim("dim")));
        one("log_softmax", (in, a) -> in.x().logSoftmax(a.dim("dim")));
    }

    private void scans() {
        one("cumsum", (in, a) -> in.x().cumsum(a.dim("dim")));
        one("cumprod", (in, a) -> in.x().cumprod(a.dim("dim")));
        several("topk", (in, a) -> pair(in.x().topk(a.integer("k"), a.dim("dim"), a.flag("largest"))));
        several("sort", (in, a) -> pair(in.x().sort(a.dim("dim"), a.flag("descending"))));
    }

    private static List<Tensor> pair(OrderMethods.Indexed indexed) {
        return List.of(indexed.values(), indexed.indices());
    }

    private void shapes() {
        one("permute", (in, a) -> in.x().permute(a.dims("dims")));
        one("transpose", (in, a) -> in.x().transpose(a.dim("dim0"), a.dim("dim1")));
        one("reshape", (in, a) -> in.x().reshape(a.integers("shape")));
        one("permute_reshape", (in, a) -> in.x().permute(a.dims("dims")).reshape(-1));
        one("expand", (in, a) -> in.x().expand(a.integers("shape")));
        one("narrow", (in, a) -> in.x().narrow(a.dim("dim"), a.integer("start"), a.integer("length")));
        one("slice", (in, a) -> in.x().slice(a.dim("dim"), a.integer("start"), a.integer("end"), a.integer("step")));
        one("select", (in, a) -> in.x().select(a.dim("dim"), a.integer("index")));
        one("squeeze", (in, a) -> in.x().squeeze(a.dim("dim")));
        one("unsqueeze", (in, a) -> in.x().unsqueeze(a.dim("dim")));
        one("flatten", (in, a) -> in.x().flatten(a.dim("start_dim")));
        one("repeat", (in, a) -> in.x().repeat(a.integers("repeats")));
        one("flip", (in, a) -> in.x().flip(a.dims("dims")));
        one("roll", (in, a) -> in.x().roll(a.integer("shifts"), a.dim("dim")));
        one("tril", (in, a) -> in.x().tril(a.integer("diagonal")));
        one("triu", (in, a) -> in.x().triu(a.integer("diagonal")));
        several("split", (in, a) -> in.x().split(a.integer("size"), a.dim("dim")));
        one("cat", (in, a) -> Tensor.cat(a.dim("dim"), in.tensors().values().toArray(Tensor[]::new)));
        one("stack", (in, a) -> Tensor.stack(a.dim("dim"), in.tensors().values().toArray(Tensor[]::new)));
    }

    private void indexing() {
        one("pad", (in, a) -> switch (a.text("mode")) {
            case "constant" -> in.x().pad(a.number("value"), a.integers("pad"));
            case "reflect" -> in.x().padReflect(a.integers("pad"));
            case "replicate" -> in.x().padReplicate(a.integers("pad"));
            default -> throw new IllegalArgumentException("unknown padding mode " + a.text("mode"));
        });
        one("index_select", (in, a) -> in.x().indexSelect(a.dim("dim"), in.get("index")));
        one("gather", (in, a) -> in.x().gather(a.dim("dim"), in.get("index")));
        one("scatter_add", (in, a) -> in.x().scatterAdd(a.dim("dim"), in.get("index"), in.get("src")));
        one("masked_fill", (in, a) -> in.x().maskedFill(in.get("mask"), a.number("value")));
        one("one_hot", (in, a) -> in.get("index").oneHot(a.integer("classes")));
        one("embedding", (in, a) -> in.get("weight").embedding(in.get("index")));
    }

    private void products() {
        unary("det", Tensor::det);
        unary("svdvals", x -> x.svd().s());
        binary("matmul", Tensor::matmul);
        binary("matmul_tn", (a, b) -> a.transpose().matmul(b));
        binary("matmul_nt", (a, b) -> a.matmul(b.transpose()));
        one("linear", (in, a) -> in.x().linear(in.get("weight"), in.optional("bias")));
        one(
                "einsum",
                (in, a) ->
                        Tensor.einsum(a.text("equation"), in.tensors().values().toArray(Tensor[]::new)));
    }

    private void convolutions() {
        one("conv2d", (in, a) -> in.x().conv2d(in.get("weight"), in.optional("bias"), window(in, a), a.dim("groups")));
        one("conv1d", (in, a) -> in.x().conv1d(in.get("weight"), in.optional("bias"), window(in, a), a.dim("groups")));
        one("conv_transpose2d", (in, a) -> {
            Window window = window(in, a).outputPadding(a.dims("output_padding"));
            return in.x().convTranspose2d(in.get("weight"), in.optional("bias"), window, a.dim("groups"));
        });
    }

    private static Window window(In in, Attributes a) {
        Shape weight = in.get("weight").shape();
        int[] kernel = Arrays.stream(weight.slice(2, weight.rank()).toArray())
                .mapToInt(Math::toIntExact)
                .toArray();
        return Window.of(kernel)
                .stride(a.dims("stride"))
                .padding(a.dims("padding"))
                .dilation(a.dims("dilation"));
    }

    private void pooling() {
        one("max_pool1d", (in, a) -> in.x().maxPool1d(pool(a)));
        one("max_pool2d", (in, a) -> in.x().maxPool2d(pool(a)));
        one("avg_pool2d", (in, a) -> in.x().avgPool2d(pool(a), a.flag("count_include_pad")));
        one("adaptive_avg_pool2d", (in, a) -> {
            long[] size = a.integers("output");
            return in.x().adaptiveAvgPool2d(size[0], size[1]);
        });
        one("interpolate_nearest", (in, a) -> {
            Shape size = in.x().shape();
            long scale = a.integer("scale");
            return in.x().interpolateNearest(size.size(2) * scale, size.size(3) * scale);
        });
        one("interpolate_bilinear", (in, a) -> {
            Shape size = in.x().shape();
            long scale = a.integer("scale");
            return in.x().interpolateBilinear(size.size(2) * scale, size.size(3) * scale, false);
        });
    }

    private static Window pool(Attributes a) {
        Window window = Window.of(a.dims("kernel")).stride(a.dims("stride")).padding(a.dims("padding"));
        Window dilated = a.has("dilation") ? window.dilation(a.dims("dilation")) : window;
        return a.flagOrFalse("ceil_mode") ? dilated.ceil() : dilated;
    }

    private void normalizations() {
        several("batch_norm_train", (in, a) -> batchNormTraining(in, a.number("momentum"), a.number("eps")));
        one(
                "batch_norm_eval",
                (in, a) -> in.x()
                        .batchNormInference(
                                in.get("running_mean"),
                                in.get("running_var"),
                                in.get("weight"),
                                in.get("bias"),
                                a.number("eps")));
        one(
                "layer_norm",
                (in, a) -> in.x()
                        .layerNorm(
                                a.dims("normalized_shape").length, in.get("weight"), in.get("bias"), a.number("eps")));
        one(
                "rms_norm",
                (in, a) -> in.x().rmsNorm(a.dims("normalized_shape").length, in.get("weight"), a.number("eps")));
        one(
                "group_norm",
                (in, a) -> in.x().groupNorm(a.dim("groups"), in.get("weight"), in.get("bias"), a.number("eps")));
        one(
                "scaled_dot_product_attention",
                (in, a) -> in.get("q").attention(in.get("k"), in.get("v"), null, a.flag("causal")));
    }

    /** The running variance takes the unbiased estimate, the normalization the biased one. */
    private static List<Tensor> batchNormTraining(In in, double momentum, double epsilon) {
        NeuralMethods.BatchNormResult result = in.x().batchNorm(in.get("weight"), in.get("bias"), epsilon);
        double n = (double) in.x().shape().elements() / in.x().shape().size(1);
        Tensor mean = in.get("running_mean").mul(1 - momentum).add(result.mean().mul(momentum));
        Tensor variance =
                in.get("running_var").mul(1 - momentum).add(result.variance().mul(momentum * n / (n - 1)));
        return List.of(result.output(), mean, variance);
    }
}
