package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.op.ConvolutionOps;
import dev.lanewise.onnx.op.NormalizationOps;
import dev.lanewise.onnx.plan.Fusion.Match;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Patterns of a few nodes that are one operation: a normalization after a convolution, SiLU, RMS norm, rounding to
 * steps.
 */
final class LayerPatterns {
    private LayerPatterns() {}

    /** BatchNormalization(Conv(x, weight, bias), scale, bias, mean, variance) outside training. */
    static @Nullable Match normalizedConvolution(Fusion fusion, Program.Step norm) {
        return normalizedConvolution(fusion, norm, false);
    }

    /** Relu of that. */
    static @Nullable Match activatedNormalization(Fusion fusion, Program.Step relu) {
        Program.Step norm = Fusion.is(relu, "Relu") ? fusion.writer(relu, 0, "BatchNormalization") : null;
        Match match = norm == null || !fusion.isRead(norm, 1) ? null : normalizedConvolution(fusion, norm, true);
        return norm == null || match == null
                ? null
                : new Match(
                        List.of(match.steps().getFirst(), norm), match.inputs(), match.attributes(), match.operator());
    }

    /** Relu(Conv(x, weight, bias)), with or without a bias. */
    static @Nullable Match activatedConvolution(Fusion fusion, Program.Step relu) {
        Program.Step conv = Fusion.is(relu, "Relu") ? fusion.writer(relu, 0, "Conv") : null;
        return conv == null || !fusion.isRead(conv, 1)
                ? null
                : new Match(
                        List.of(conv),
                        conv.node().inputs(),
                        conv.node().attributes(),
                        c -> c.same(ConvolutionOps.conv(c, c.x(), c.x(1), c.maybe(2), true)));
    }

    private static @Nullable Match normalizedConvolution(Fusion fusion, Program.Step norm, boolean relu) {
        Program.Step conv = Fusion.is(norm, "BatchNormalization") ? fusion.writer(norm, 0, "Conv") : null;
        Attribute training = norm.node().attributes().get("training_mode");
        boolean fits = conv != null
                && fusion.isRead(conv, 1)
                && norm.node().inputs().size() == 5
                && norm.node().outputs().size() == 1
                && (training == null || training.whole() == 0);
        if (!fits || conv == null) {
            return null;
        }
        Attribute given = norm.node().attributes().get("epsilon");
        double epsilon = given == null ? 1e-5f : given.real();
        Prepared prepared = new Prepared(weights -> folded(weights, epsilon));
        boolean hasBias = !Fusion.in(conv, 2).isEmpty();
        List<String> inputs = new ArrayList<>(List.of(Fusion.in(conv, 0), Fusion.in(conv, 1)));
        inputs.addAll(norm.node().inputs().subList(1, 5));
        if (hasBias) {
            inputs.add(Fusion.in(conv, 2));
        }
        return new Match(
                List.of(conv),
                inputs,
                conv.node().attributes(),
                c -> c.same(normalized(c, prepared, epsilon, hasBias, relu)));
    }

    private static Tensor normalized(Call c, Prepared prepared, double epsilon, boolean hasBias, boolean relu) {
        Tensor x = c.x();
        Tensor[] weights = new Tensor[hasBias ? 6 : 5];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = c.x(1 + i);
        }
        boolean oneType = Arrays.stream(weights).allMatch(weight -> weight.dtype() == x.dtype())
                && x.dtype().bytes() >= 4;
        if (oneType && !Prepared.isRecorded(weights)) {
            Tensor[] folded = prepared.of(weights);
            return ConvolutionOps.conv(c, x, folded[0], folded[1], relu);
        }
        Tensor y = ConvolutionOps.conv(c, x, weights[0], hasBias ? weights[5] : null);
        Tensor norm = NormalizationOps.normalized(y, weights[1], weights[2], weights[3], weights[4], epsilon);
        return relu ? norm.relu() : norm;
    }

    /**
     * Weight and bias that compute the normalization too; weights are weight, scale, shift, mean, variance, maybe a
     * bias.
     */
    private static Tensor[] folded(Tensor[] weights, double epsilon) {
        Tensor scale = weights[1].mul(weights[4].add(epsilon).rsqrt());
        long[] column = new long[weights[0].shape().rank()];
        Arrays.fill(column, 1);
        column[0] = scale.shape().elements();
        Tensor weight = weights[0].mul(scale.reshape(Shape.of(column)));
        Tensor offset = weights.length > 5 ? weights[5].sub(weights[3]) : weights[3].neg();
        return new Tensor[] {weight, offset.mul(scale).add(weights[2])};
    }

    /** Mul(x, Sigmoid(x)). */
    static @Nullable Match silu(Fusion fusion, Program.Step mul) {
        int s = Fusion.is(mul, "Mul") ? fusion.side(mul, "Sigmoid") : -1;
        Program.Step sigmoid = s < 0 ? null : fusion.writer(mul, s, "Sigmoid");
        if (sigmoid == null
                || !fusion.isRead(sigmoid, 1)
                || !Fusion.in(sigmoid, 0).equals(Fusion.in(mul, 1 - s))) {
            return null;
        }
        return new Match(List.of(sigmoid), List.of(Fusion.in(sigmoid, 0)), c -> {
            Tensor x = c.x();
            // the operation gives NaN for minus infinity, as the product does
            return c.same(x.dtype().isFloating() ? x.silu() : x.mul(x.sigmoid()));
        });
    }

    /** Mul(weight, Mul(x, Reciprocal(Sqrt(Add(ReduceMean(Pow(x, 2)), epsilon))))), or with quotients. */
    static @Nullable Match rmsNorm(Fusion fusion, Program.Step mul) {
        for (int n = 0; n < 2 && Fusion.is(mul, "Mul"); n++) {
            Program.Step scaled = fusion.writer(mul, n, "Mul");
            Program.Step quotient = fusion.writer(mul, n, "Div");
            Match match = scaled != null
                    ? ofProduct(fusion, mul, 1 - n, scaled)
                    : quotient == null ? null : ofQuotient(fusion, mul, 1 - n, quotient);
            if (match != null) {
                return match;
            }
        }
        return null;
    }

    private static @Nullable Match ofProduct(Fusion fusion, Program.Step mul, int weight, Program.Step scaled) {
        for (int r = 0; r < 2; r++) {
            Program.Step inverse = fusion.writer(scaled, r, "Reciprocal");
            Program.Step divided = fusion.writer(scaled, r, "Div");
            boolean ofOne = divided != null && fusion.number(Fusion.in(divided, 0)) == 1;
            Program.Step last = inverse != null ? inverse : ofOne ? divided : null;
            Program.Step root = last == null ? null : fusion.writer(last, inverse == null ? 1 : 0, "Sqrt");
            if (last != null && root != null && fusion.isRead(last, 1)) {
                return ofRoot(fusion, mul, weight, scaled, Fusion.in(scaled, 1 - r), root, List.of(last));
            }
        }
        return null;
    }

    private static @Nullable Match ofQuotient(Fusion fusion, Program.Step mul, int weight, Program.Step quotient) {
        Program.Step root = fusion.writer(quotient, 1, "Sqrt");
        return root == null ? null : ofRoot(fusion, mul, weight, quotient, Fusion.in(quotient, 0), root, List.of());
    }

    private static @Nullable Match ofRoot(
            Fusion fusion,
            Program.Step mul,
            int weight,
            Program.Step scaled,
            String x,
            Program.Step root,
            List<Program.Step> between) {
        Program.Step plus = fusion.writer(root, 0, "Add");
        int v = plus == null ? -1 : fusion.side(plus, "ReduceMean");
        Program.Step mean = plus == null || v < 0 ? null : fusion.writer(plus, v, "ReduceMean");
        Program.Step square = mean == null ? null : fusion.writer(mean, 0, "Pow");
        Program.Step product = mean == null ? null : fusion.writer(mean, 0, "Mul");
        Program.Step squared = square == null ? product : square;
        if (plus == null || mean == null || squared == null) {
            return null;
        }
        double epsilon = fusion.number(Fusion.in(plus, 1 - v));
        boolean squares = square == null ? Fusion.in(squared, 1).equals(x) : fusion.number(Fusion.in(squared, 1)) == 2;
        boolean fits = squares && Fusion.in(squared, 0).equals(x) && fusion.lastAxis(mean) && epsilon > 0;
        List<Program.Step> steps = new ArrayList<>(List.of(scaled, root, plus, mean, squared));
        for (Program.Step step : steps) {
            fits &= fusion.isRead(step, 1);
        }
        steps.addAll(between);
        return fits
                ? new Match(steps, List.of(x, Fusion.in(mul, weight)), c -> Call.out(rms(c.x(), c.x(1), epsilon)))
                : null;
    }

    private static Tensor rms(Tensor x, Tensor weight, double epsilon) {
        boolean whole = weight.shape().rank() == 1
                && x.shape().rank() > 0
                && x.shape().size(-1) == weight.shape().size(0);
        if (whole) {
            return x.rmsNorm(1, weight, epsilon);
        }
        int[] last = {x.shape().rank() - 1};
        return x.mul(x.square().mean(last, Keep.KEEP).add(epsilon).rsqrt()).mul(weight);
    }

    /**
     * DequantizeLinear(QuantizeLinear(x, scale, zero), scale, zero) with one scale for all: rounding to the type's
     * steps.
     */
    static @Nullable Match rounding(Fusion fusion, Program.Step dequantize) {
        Program.Step quantize =
                Fusion.is(dequantize, "DequantizeLinear") ? fusion.writer(dequantize, 0, "QuantizeLinear") : null;
        Tensor point = quantize == null ? null : fusion.tensor(Fusion.in(quantize, 2));
        Tensor scale = quantize == null ? null : fusion.tensor(Fusion.in(quantize, 1));
        if (quantize == null
                || point == null
                || scale == null
                || dequantize.node().inputs().size() != 3
                || scale.dtype() != DType.F32
                || scale.shape().elements() != 1
                || point.shape().elements() != 1
                || point.dtype() != DType.U8 && point.dtype() != DType.I8
                || !dequantize
                        .node()
                        .inputs()
                        .subList(1, 3)
                        .equals(quantize.node().inputs().subList(1, 3))
                || !plain(quantize)
                || !plain(dequantize)) {
            return null;
        }
        float step = scale.reshape().to(DType.F32).toFloatArray()[0];
        double zero = Host.doubles(point)[0];
        double least = point.dtype() == DType.U8 ? 0 : Byte.MIN_VALUE;
        // the quantized value stays if other nodes read it
        List<Program.Step> gone = fusion.isRead(quantize, 1) ? List.of(quantize) : List.of();
        return new Match(gone, List.of(Fusion.in(quantize, 0)), c -> {
            Tensor steps = c.x().to(DType.F32).div(step).round().add(zero);
            return Call.out(steps.clamp(least, least + 255).sub(zero).mul(step));
        });
    }

    private static boolean plain(Program.Step step) {
        return step.node().attributes().values().stream()
                .allMatch(attribute -> attribute.name().equals("axis"));
    }
}
