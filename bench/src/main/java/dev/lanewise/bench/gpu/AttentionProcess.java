package dev.lanewise.bench.gpu;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.bench.Child;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A process that prints some elements of the gradients of causal attention, in F32 and in BF16. The peer's script does
 * so for the same operands, which a formula gives.
 */
final class AttentionProcess {
    /** Three tiles of queries, the last one not full. */
    private static final long[] SIZES = {2, 3, 130, 64};

    /** One of this many elements is printed. */
    private static final int APART = 97;

    private static final List<String> GRADIENTS = List.of("dq", "dk", "dv");

    /** Of the largest element; the peer computes in double precision. */
    private static final Map<String, Double> TOLERANCES = Map.of("fp32", 2e-5, "bf16", 2e-2);

    private AttentionProcess() {}

    /** Computes and prints: device. */
    public static void main(String[] args) {
        Child.endWithParent();
        Device device = Device.parse(args[0]);
        print("fp32", DType.F32, device);
        print("bf16", DType.BF16, device);
    }

    private static void print(String precision, DType dtype, Device device) {
        try (var ignored = Scope.open("attention")) {
            Tensor q = Autograd.watch(operand(1, dtype, device));
            Tensor k = Autograd.watch(operand(2, dtype, device));
            Tensor v = Autograd.watch(operand(3, dtype, device));
            Gradients gradients = Autograd.gradients(
                    new Tensor[] {q.attention(k, v, null, true)},
                    new Tensor[] {operand(4, dtype, device)},
                    Graph.RELEASE);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("precision", precision);
            line.put("dq", some(gradients.of(q)));
            line.put("dk", some(gradients.of(k)));
            line.put("dv", some(gradients.of(v)));
            System.out.println(JsonLine.of(line));
            System.out.flush();
        }
    }

    /** The same numbers as the peer's. */
    private static Tensor operand(int which, DType dtype, Device device) {
        double[] values = new double[(int) (SIZES[0] * SIZES[1] * SIZES[2] * SIZES[3])];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.sin(0.37 * i + which);
        }
        return Tensor.of(values).reshape(SIZES).to(dtype).to(device);
    }

    private static List<Double> some(Tensor gradient) {
        double[] all = gradient.to(Device.CPU).to(DType.F64).toDoubleArray();
        List<Double> some = new ArrayList<>();
        for (int i = 0; i < all.length; i += APART) {
            some.add(all[i]);
        }
        return some;
    }

    /** Compares what both have printed, by precision: those of which both have printed something. */
    static StepResult compare(Map<String, Map<String, Object>> ours, Map<String, Map<String, Object>> theirs) {
        List<Map<String, Object>> rows = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        double worst = 0;
        for (Map.Entry<String, Double> tolerance : TOLERANCES.entrySet()) {
            String precision = tolerance.getKey();
            Map<String, Object> our = ours.get(precision);
            Map<String, Object> their = theirs.get(precision);
            if (our == null || their == null) {
                failures.add(precision + ": " + (our == null ? "we" : "PyTorch") + " printed no gradients");
                continue;
            }
            for (String gradient : GRADIENTS) {
                double error = error(our.get(gradient), their.get(gradient));
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("precision", precision);
                row.put("gradient", gradient);
                row.put("error", String.format("%.1e", error));
                rows.add(row);
                if (!(error <= tolerance.getValue())) {
                    failures.add(precision + " " + gradient + ": off by " + error + " of the largest element (expected "
                            + tolerance.getValue() + " at most)");
                }
                worst = error > worst || Double.isNaN(error) ? error : worst;
            }
        }
        String summary = rows.isEmpty() ? "" : String.format("off by %.1e of the largest element at most", worst);
        return new StepResult(failures.isEmpty() ? StepResult.PASSED : StepResult.FAILED, summary, rows, failures);
    }

    private static double error(@Nullable Object ours, @Nullable Object theirs) {
        if (!(ours instanceof List<?> a) || !(theirs instanceof List<?> b) || a.size() != b.size() || a.isEmpty()) {
            return Double.NaN;
        }
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < a.size(); i++) {
            double x = ((Number) a.get(i)).doubleValue();
            double y = ((Number) b.get(i)).doubleValue();
            largest = Math.max(largest, Math.abs(y));
            difference = Math.max(difference, Math.abs(x - y));
        }
        return difference / largest;
    }
}
