package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.op.MatrixOps;
import dev.lanewise.onnx.op.QuantizationOps;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Recognises the patterns that exporters write for functions that older opsets lack, and replaces each by one
 * operation: layer norm, GELU, products with a bias, attention.
 */
public final class Fusion {
    private final Function<String, @Nullable OnnxValue> constants;
    private final Map<String, Program.Step> writers = new HashMap<>();
    private final Map<String, List<Program.Step>> readers = new HashMap<>();
    private final Set<String> kept = new HashSet<>();
    private final Set<Program.Step> gone = Collections.newSetFromMap(new IdentityHashMap<>());
    private final IdentityHashMap<Program.Step, Program.Step> replaced = new IdentityHashMap<>();

    private Fusion(Program program, Function<String, @Nullable OnnxValue> constants) {
        this.constants = constants;
        kept.addAll(program.outputs());
        for (Program.Step step : program.steps()) {
            step.node().outputs().forEach(output -> writers.put(output, step));
            step.node()
                    .inputs()
                    .forEach(input -> readers.computeIfAbsent(input, i -> new ArrayList<>())
                            .add(step));
            Set<String> inner = new HashSet<>();
            step.graphs().values().forEach(graph -> graph.steps().forEach(s -> Preparation.reads(s, inner)));
            step.graphs().values().forEach(graph -> inner.addAll(graph.outputs()));
            kept.addAll(inner);
        }
    }

    /** Matches a pattern that ends at a node; null if it does not occur. */
    interface Pattern {
        @Nullable
        Match match(Fusion fusion, Program.Step last);
    }

    /**
     * A pattern found.
     *
     * @param steps its nodes except the last, whose results nothing else reads
     * @param inputs the values that it reads
     * @param attributes the attributes of the operator that replaces it
     * @param operator the operator that computes it at once
     */
    record Match(List<Program.Step> steps, List<String> inputs, Map<String, Attribute> attributes, Operator operator) {
        Match(List<Program.Step> steps, List<String> inputs, Operator operator) {
            this(steps, inputs, Map.of(), operator);
        }
    }

    /**
     * Replaces patterns by single operations.
     *
     * @param constants the value of a constant, or null for anything else
     * @param report counts what was found
     */
    public static Program fused(
            Program program, Function<String, @Nullable OnnxValue> constants, Map<String, Integer> report) {
        Fusion fusion = new Fusion(program, constants);
        fusion.look(program, "layer norm", Fusion::layerNorm, report);
        fusion.look(program, "RMS norm", LayerPatterns::rmsNorm, report);
        fusion.look(program, "SiLU", LayerPatterns::silu, report);
        fusion.look(program, "convolution with batch norm and ReLU", LayerPatterns::activatedNormalization, report);
        fusion.look(program, "convolution with batch norm", LayerPatterns::normalizedConvolution, report);
        fusion.look(program, "convolution with ReLU", LayerPatterns::activatedConvolution, report);
        fusion.look(program, "rounding to steps", LayerPatterns::rounding, report);
        fusion.look(program, "GELU", Fusion::gelu, report);
        fusion.look(program, "attention", Fusion::attention, report);
        fusion.look(program, "integer product with scale and bias", Fusion::biasedProduct, report);
        fusion.look(program, "integer product with scale", Fusion::scaledProduct, report);
        fusion.look(program, "product with bias and ReLU", Fusion::activated, report);
        fusion.look(program, "product with bias", Fusion::linear, report);
        List<Program.Step> steps = new ArrayList<>();
        for (Program.Step step : program.steps()) {
            if (!fusion.gone.contains(step)) {
                steps.add(fusion.replaced.getOrDefault(step, step));
            }
        }
        return program.with(steps);
    }

    private void look(Program program, String name, Pattern pattern, Map<String, Integer> report) {
        int count = 0;
        for (Program.Step step : program.steps()) {
            Match match = gone.contains(step) || replaced.containsKey(step) ? null : pattern.match(this, step);
            if (match == null || match.steps().stream().anyMatch(s -> gone.contains(s) || replaced.containsKey(s))) {
                continue;
            }
            Node old = step.node();
            Node node = new Node(
                    old.name(), "Fused(" + name + ")", "", "", match.inputs(), old.outputs(), match.attributes());
            replaced.put(step, new Program.Step(node, step.opset(), match.operator(), Map.of()));
            gone.addAll(match.steps());
            count++;
        }
        if (count > 0) {
            report.put("fused: " + name, count);
        }
    }

    // ---- the neighbourhood of a node

    static boolean is(Program.@Nullable Step step, String op) {
        return step != null && step.node().key().equals(op);
    }

    Program.@Nullable Step writer(Program.Step step, int input, String op) {
        if (input >= step.node().inputs().size()) {
            return null;
        }
        Program.Step writer = writers.get(step.node().inputs().get(input));
        return is(writer, op) ? writer : null;
    }

    static String in(Program.Step step, int input) {
        return input < step.node().inputs().size() ? step.node().inputs().get(input) : "";
    }

    /** Whether exactly so many nodes read a node's result. */
    boolean isRead(Program.Step step, int times) {
        String output = step.node().outputs().getFirst();
        return !kept.contains(output) && readers.getOrDefault(output, List.of()).size() == times;
    }

    /** A constant's tensor, or null. */
    @Nullable
    Tensor tensor(String name) {
        OnnxValue value = name.isEmpty() ? null : constants.apply(name);
        return value == null ? null : OnnxValue.tensorOf(value);
    }

    double number(String name) {
        Tensor tensor = tensor(name);
        return tensor == null || tensor.shape().elements() != 1 ? Double.NaN : Host.doubles(tensor)[0];
    }

    private static boolean near(double a, double b) {
        return Math.abs(a - b) <= 1e-3 * Math.abs(b);
    }

    /** The position of the operand that a writer of one operator gives, or -1. */
    int side(Program.Step step, String op) {
        return writer(step, 0, op) != null ? 0 : writer(step, 1, op) != null ? 1 : -1;
    }

    boolean lastAxis(Program.@Nullable Step mean) {
        if (mean == null
                || mean.node().attributes().containsKey("keepdims")
                        && mean.node().attributes().get("keepdims").whole() == 0) {
            return false;
        }
        Attribute axes = mean.node().attributes().get("axes");
        if (axes != null) {
            return axes.wholes().length == 1 && axes.wholes()[0] == -1;
        }
        return number(in(mean, 1)) == -1;
    }

    // ---- patterns

    /** Add(Mul(Div(d, Sqrt(Add(ReduceMean(Pow(d, 2)), epsilon))), weight), bias), d being x minus its mean. */
    private @Nullable Match layerNorm(Program.Step add) {
        int m = is(add, "Add") ? side(add, "Mul") : -1;
        Program.Step mul = m < 0 ? null : writer(add, m, "Mul");
        int d = mul == null ? -1 : side(mul, "Div");
        Program.Step div = mul == null || d < 0 ? null : writer(mul, d, "Div");
        Program.Step root = div == null ? null : writer(div, 1, "Sqrt");
        Program.Step sub = div == null ? null : writer(div, 0, "Sub");
        Program.Step plus = root == null ? null : writer(root, 0, "Add");
        int v = plus == null ? -1 : side(plus, "ReduceMean");
        Program.Step variance = plus == null || v < 0 ? null : writer(plus, v, "ReduceMean");
        Program.Step square = variance == null ? null : writer(variance, 0, "Pow");
        Program.Step mean = sub == null ? null : writer(sub, 1, "ReduceMean");
        if (mul == null
                || div == null
                || root == null
                || sub == null
                || plus == null
                || variance == null
                || square == null
                || mean == null) {
            return null;
        }
        double epsilon = number(in(plus, 1 - v));
        boolean fits = number(in(square, 1)) == 2
                && in(square, 0).equals(sub.node().outputs().getFirst())
                && in(mean, 0).equals(in(sub, 0))
                && lastAxis(mean)
                && lastAxis(variance)
                && epsilon > 0
                && isRead(sub, 2);
        for (Program.Step step : List.of(mul, div, root, plus, variance, square, mean)) {
            fits &= isRead(step, 1);
        }
        if (!fits) {
            return null;
        }
        Operator operator = c -> {
            Tensor x = c.x();
            Tensor weight = c.x(1);
            Tensor bias = c.x(2);
            boolean whole = weight.shape().rank() == 1
                    && bias.shape().equals(weight.shape())
                    && x.shape().rank() > 0
                    && x.shape().size(-1) == weight.shape().size(0)
                    && !x.shape().isEmpty();
            if (whole) {
                return Call.out(x.layerNorm(1, weight, bias, epsilon));
            }
            int[] last = {x.shape().rank() - 1};
            Tensor centred = x.sub(x.mean(last, Keep.KEEP));
            Tensor deviation =
                    centred.square().mean(last, Keep.KEEP).add(epsilon).sqrt();
            return Call.out(centred.div(deviation).mul(weight).add(bias));
        };
        return new Match(
                List.of(mul, div, root, sub, plus, variance, square, mean),
                List.of(in(sub, 0), in(mul, 1 - d), in(add, 1 - m)),
                operator);
    }

    /** Mul(Mul(x, Add(Erf(Div(x, sqrt 2)), 1)), 0.5). */
    private @Nullable Match gelu(Program.Step half) {
        int p = is(half, "Mul") ? side(half, "Mul") : -1;
        Program.Step product = p < 0 || !near(number(in(half, 1 - p)), 0.5) ? null : writer(half, p, "Mul");
        int a = product == null ? -1 : sideOfErf(product);
        Program.Step add = product == null || a < 0 ? null : writer(product, a, "Add");
        int e = add == null ? -1 : side(add, "Erf");
        Program.Step erf = add == null || e < 0 || number(in(add, 1 - e)) != 1 ? null : writer(add, e, "Erf");
        if (product == null || add == null || erf == null) {
            return null;
        }
        Program.Step div = writer(erf, 0, "Div");
        Program.Step scaled = div == null ? writer(erf, 0, "Mul") : div;
        double factor = scaled == null ? 0 : number(in(scaled, 1));
        boolean fits = scaled != null
                && near(factor, div == null ? Math.sqrt(0.5) : Math.sqrt(2))
                && in(scaled, 0).equals(in(product, 1 - a))
                && isRead(scaled, 1)
                && isRead(erf, 1)
                && isRead(add, 1)
                && isRead(product, 1);
        return fits && scaled != null
                ? new Match(List.of(product, add, erf, scaled), List.of(in(scaled, 0)), c -> c.same(c.x().gelu()))
                : null;
    }

    /** The operand that is one more than an error function; the other one may be a sum, too. */
    private int sideOfErf(Program.Step product) {
        for (int i = 0; i < 2; i++) {
            Program.Step add = writer(product, i, "Add");
            if (add != null && side(add, "Erf") >= 0) {
                return i;
            }
        }
        return -1;
    }

    /** MatMul(Softmax(Add(Div(MatMul(q, keys), number), mask)), values), with the keys already transposed. */
    private @Nullable Match attention(Program.Step last) {
        Program.Step softmax = is(last, "MatMul") ? writer(last, 0, "Softmax") : null;
        Program.Step add = softmax == null ? null : writer(softmax, 0, "Add");
        boolean divides = add != null && side(add, "Div") >= 0;
        int s = add == null ? -1 : side(add, divides ? "Div" : "Mul");
        Program.Step scaled = add == null || s < 0 ? null : writer(add, s, divides ? "Div" : "Mul");
        Program.Step product = scaled == null ? null : writer(scaled, 0, "MatMul");
        if (softmax == null || add == null || scaled == null || product == null) {
            return null;
        }
        double number = number(in(scaled, 1));
        double scale = divides ? 1 / number : number;
        Attribute axis = softmax.node().attributes().get("axis");
        long dim = axis == null ? (softmax.opset() >= 13 ? -1 : 1) : axis.whole();
        boolean fits = Double.isFinite(scale)
                && scale > 0
                && (dim == -1 || dim == 3)
                && isRead(softmax, 1)
                && isRead(add, 1)
                && isRead(scaled, 1)
                && isRead(product, 1);
        return fits
                ? new Match(
                        List.of(softmax, add, scaled, product),
                        List.of(in(product, 0), in(product, 1), in(add, 1 - s), in(last, 1)),
                        c -> Call.out(attended(c, scale, dim)))
                : null;
    }

    private static Tensor attended(Call c, double scale, long dim) {
        Tensor q = c.x();
        Tensor keys = c.x(1);
        Tensor values = c.x(3);
        int rank = q.shape().rank();
        boolean fits = rank == 4
                && keys.shape().rank() == 4
                && values.shape().rank() == 4
                && q.shape().slice(0, 2).equals(keys.shape().slice(0, 2))
                && q.shape().slice(0, 2).equals(values.shape().slice(0, 2))
                && !q.shape().isEmpty()
                && !keys.shape().isEmpty();
        if (!fits) {
            Tensor scores = q.matmul(keys).mul(scale).add(c.x(2));
            return scores.softmax(Call.dim(dim, scores.shape().rank())).matmul(values);
        }
        double factor = scale * Math.sqrt(q.shape().size(3));
        Tensor scaled = Math.abs(factor - 1) < 1e-6 ? q : q.mul(factor);
        return scaled.attention(keys.transpose(2, 3), values, c.x(2), false);
    }

    /** Mul(Cast(MatMulInteger(a, b, aZero, bZero)), scale), in F32. */
    private @Nullable Match scaledProduct(Program.Step mul) {
        int m = is(mul, "Mul") ? side(mul, "Cast") : -1;
        Program.Step cast = m < 0 ? null : writer(mul, m, "Cast");
        Program.Step product = cast == null ? null : writer(cast, 0, "MatMulInteger");
        Attribute to = cast == null ? null : cast.node().attributes().get("to");
        if (cast == null
                || product == null
                || to == null
                || to.whole() != ElementType.FLOAT.number()
                || !isRead(cast, 1)
                || !isRead(product, 1)) {
            return null;
        }
        List<String> inputs = List.of(in(product, 0), in(product, 1), in(product, 2), in(product, 3), in(mul, 1 - m));
        return new Match(List.of(cast, product), inputs, c -> Call.out(QuantizationOps.scaledProduct(c)));
    }

    /** Add(bias, Mul(Cast(MatMulInteger(...)), scale)). */
    private @Nullable Match biasedProduct(Program.Step add) {
        int m = is(add, "Add") ? side(add, "Mul") : -1;
        Program.Step mul = m < 0 ? null : writer(add, m, "Mul");
        Match scaled = mul == null || !isRead(mul, 1) ? null : scaledProduct(mul);
        if (mul == null || scaled == null) {
            return null;
        }
        List<Program.Step> steps = new ArrayList<>(scaled.steps());
        steps.add(mul);
        List<String> inputs = new ArrayList<>(scaled.inputs());
        inputs.add(in(add, 1 - m));
        return new Match(steps, inputs, scaled.operator());
    }

    /** Add(MatMul(x, weight), bias) of a matrix and a vector. */
    private @Nullable Match linear(Program.Step add) {
        int m = is(add, "Add") ? side(add, "MatMul") : -1;
        Program.Step product = m < 0 ? null : writer(add, m, "MatMul");
        if (product == null || !isRead(product, 1)) {
            return null;
        }
        return new Match(
                List.of(product),
                List.of(in(product, 0), in(product, 1), in(add, 1 - m)),
                c -> c.same(linear(c, false)));
    }

    /** Relu of that, or of a Gemm without factors. */
    private @Nullable Match activated(Program.Step relu) {
        Program.Step add = is(relu, "Relu") ? writer(relu, 0, "Add") : null;
        Match sum = add == null || !isRead(add, 1) ? null : linear(add);
        if (add != null && sum != null) {
            return new Match(List.of(sum.steps().getFirst(), add), sum.inputs(), c -> c.same(linear(c, true)));
        }
        Program.Step gemm = is(relu, "Relu") ? writer(relu, 0, "Gemm") : null;
        boolean fits = gemm != null
                && isRead(gemm, 1)
                && gemm.node().inputs().size() == 3
                && factor(gemm, "alpha") == 1
                && factor(gemm, "beta") == 1
                && !turns(gemm, "transA");
        if (gemm == null || !fits) {
            return null;
        }
        boolean turned = turns(gemm, "transB");
        return new Match(List.of(gemm), gemm.node().inputs(), c -> {
            Tensor x = c.x();
            Tensor weight = turned ? c.x(1) : c.x(1).transpose();
            Tensor bias = c.x(2);
            boolean whole = x.dtype().isFloating()
                    && bias.shape().rank() == 1
                    && bias.shape().size(0) == weight.shape().size(0);
            return c.same(
                    whole
                            ? x.linearRelu(weight, bias)
                            : MatrixOps.matmul(x, weight.transpose()).add(bias).relu());
        });
    }

    private static double factor(Program.Step step, String name) {
        Attribute attribute = step.node().attributes().get(name);
        return attribute == null ? 1 : attribute.real();
    }

    private static boolean turns(Program.Step step, String name) {
        Attribute attribute = step.node().attributes().get(name);
        return attribute != null && attribute.whole() != 0;
    }

    private static Tensor linear(Call c, boolean relu) {
        Tensor x = c.x();
        Tensor weight = c.x(1);
        Tensor bias = c.x(2);
        boolean fits = weight.shape().rank() == 2
                && bias.shape().rank() == 1
                && x.shape().rank() >= 2
                && weight.dtype().isFloating()
                && bias.shape().size(0) == weight.shape().size(1);
        if (fits) {
            return relu ? x.linearRelu(weight.transpose(), bias) : x.linear(weight.transpose(), bias);
        }
        Tensor sum = MatrixOps.matmul(x, weight).add(bias);
        return relu ? sum.relu() : sum;
    }
}
