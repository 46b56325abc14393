package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.quant.Int8;
import dev.lanewise.lm.quant.QuantizedLinear;
import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.lm.quant.QuantizedWeight.Activations;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.prune.Masks;
import dev.lanewise.nn.prune.Prune;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Rounding to few bits, and pruning. */
final class QuantizationCases implements CaseFolder.Part {
    QuantizationCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path file : CaseFolder.children(folder)) {
            if (file.toString().endsWith(".safetensors")) {
                String name = String.valueOf(file.getFileName()).replace(".safetensors", "");
                report.guarded(name, () -> {
                    for (Stored.Case c : Stored.read(file).cases()) {
                        report.guarded(c.id(), () -> check(c, report));
                    }
                });
            }
        }
    }

    private static void check(Stored.Case c, Report report) {
        switch (c.op()) {
            case "dynamic_quantize_linear" -> {
                Int8.Quantized q = Int8.dynamic(c.in("x"));
                c.check(report, "out", q.values());
                c.check(report, "scale", q.scale().reshape(1));
                c.check(report, "zero_point", Tensor.of(new double[] {q.zero()}).to(DType.U8));
            }
            case "quantize_weight_per_channel_symmetric" -> {
                Int8.Quantized q = Int8.perRow(c.in("w"));
                c.check(report, "out", q.values());
                c.check(report, "scale", q.scale().flatten());
                c.check(report, "dequantized", q.dequantized());
            }
            case "dynamic_linear_int8" -> {
                Int8.Quantized x = Int8.dynamic(c.in("x"));
                Int8.Quantized w = Int8.perRow(c.in("w"));
                c.check(
                        report,
                        "accumulator",
                        Int8.product(x.values(), x.zero(), w.values()).to(DType.I32));
                c.check(
                        report,
                        "float",
                        c.in("x")
                                .to(DType.F64)
                                .linear(c.in("w").to(DType.F64), c.in("bias").to(DType.F64))
                                .to(DType.F32));
                c.check(report, "out", linear(c, new Activations.Dynamic()));
            }
            case "dynamic_linear_int8_per_token" -> {
                Int8.Quantized x = Int8.perRow(c.in("x"));
                c.check(report, "q", x.values());
                c.check(report, "scale", x.scale().flatten());
                c.check(report, "out", linear(c, new Activations.PerToken()));
            }
            case "qlinear_matmul" -> c.check(report, "out", qlinear(c));
            case "weight_only_int4" -> int4(c, report);
            case "fake_quantize_per_tensor", "fake_quantize_per_channel" -> fake(c, report);
            case "torch_quantize_dynamic" -> sevenBits(c, report);
            default -> pruning(c, report);
        }
    }

    private static Tensor linear(Stored.Case c, Activations activations) {
        QuantizedLinear layer =
                new QuantizedLinear(QuantizedWeight.int8(c.in("w"), activations), new Parameter(c.in("bias")));
        return Autograd.noGrad(() -> layer.forward(c.in("x")));
    }

    private static Tensor qlinear(Stored.Case c) {
        double zero = c.in("a_zero_point").to(DType.F64).item();
        Tensor sums = Int8.product(c.in("a"), zero, c.in("b").transpose(0, 1).contiguous());
        double scale = c.in("a_scale").to(DType.F64).item();
        double results = c.in("y_scale").to(DType.F64).item();
        return sums.mul(c.in("b_scale").to(DType.F64).mul(scale))
                .div(results)
                .round()
                .add(c.in("y_zero_point").to(DType.F64).item())
                .clamp(0, 255)
                .to(DType.U8);
    }

    private static void int4(Stored.Case c, Report report) {
        Int8.Grouped q = Int8.groups(
                c.in("w"),
                c.attrs().need("group").index(),
                c.attrs().need("symmetric").bool());
        c.check(report, "q", q.values());
        c.check(report, "scale", q.scale());
        c.check(report, "zero_point", q.zero().to(DType.I8));
        Tensor dequantized = q.dequantized();
        c.check(report, "dequantized", dequantized);
        c.check(report, "out", c.in("x").linear(dequantized, c.in("bias")));
    }

    private static void fake(Stored.Case c, Report report) {
        Json a = c.attrs();
        Tensor x = Autograd.watch(c.in("x"));
        Tensor scale = c.hasIn("scale")
                ? c.in("scale").unsqueeze(1)
                : Tensor.scalar(a.need("scale").number());
        double zero = a.get("zero_point").isNull() ? 0 : a.get("zero_point").number();
        Tensor y = Int8.fake(
                x,
                scale,
                zero,
                a.need("quant_min").number(),
                a.need("quant_max").number());
        c.check(report, "out", y);
        Tensor loss = y.mul(c.in("gout")).sum();
        c.check(report, "grad", Autograd.gradients(loss).of(x));
    }

    /** PyTorch's own dynamic layer: 7-bit activations, one scale for the weight. */
    private static void sevenBits(Stored.Case c, Report report) {
        Tensor w = c.in("w");
        double largest = Math.max(-w.amin().item(), w.amax().item());
        Tensor scale = Tensor.scalar(largest / 127.5);
        Tensor rounded = w.div(scale).round().clamp(-128, 127);
        c.check(report, "w_q", rounded.to(DType.I8));
        c.check(report, "w_scale", scale.reshape(1));
        Int8.Quantized x = Int8.dynamic(c.in("x"), 127);
        Tensor sums = Int8.product(x.values(), x.zero(), rounded.to(DType.I8));
        Tensor y = sums.mul(x.scale().to(DType.F64))
                .mul(scale.to(DType.F64))
                .add(c.in("bias").to(DType.F64));
        c.check(report, "out", y.to(DType.F32));
    }

    // ---- pruning

    private static void pruning(Stored.Case c, Report report) {
        Json a = c.attrs();
        switch (c.op()) {
            case "prune_l1_unstructured" -> {
                Tensor w = c.in("w");
                Tensor mask = a.need("amount").value() instanceof Long count
                        ? Prune.smallest(w, Math.toIntExact(count), null)
                        : Prune.smallest(w, a.need("amount").number(), null);
                masked(c, report, mask);
            }
            case "prune_ln_structured" -> {
                String power = a.need("n").string();
                masked(
                        c,
                        report,
                        Prune.slices(
                                c.in("w"),
                                a.need("amount").number(),
                                power.equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(power),
                                a.need("dim").index(),
                                null));
            }
            case "prune_then_prune" -> {
                Tensor first = Prune.smallest(c.in("w"), 0.3, null);
                masked(c, report, Prune.slices(c.in("w"), 0.25, 2, 0, first));
            }
            case "prune_2_of_4" -> {
                Prune.TwoOfFour half = Prune.twoOfFour(c.in("w"));
                masked(c, report, half.mask());
                c.check(report, "compressed", half.values());
                c.check(report, "positions", half.positions());
            }
            case "prune_global_l1" -> {
                List<Tensor> masks = Prune.smallestOfAll(
                        List.of(c.in("a"), c.in("b")), a.need("amount").number());
                c.check(report, "mask_a", masks.get(0));
                c.check(report, "mask_b", masks.get(1));
            }
            default -> report.unsupported(c.id(), "no code for " + c.op());
        }
    }

    private static void masked(Stored.Case c, Report report, Tensor mask) {
        c.check(report, "mask", mask);
        Parameter parameter = new Parameter(c.in("w").copy());
        Masks masks = new Masks();
        masks.put(parameter, mask);
        c.check(report, "out", parameter.leaf());
    }
}
