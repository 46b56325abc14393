package dev.lanewise.examples.onnx;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Output;
import dev.lanewise.examples.Usage;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise onnx bench}. */
@Command(
        name = "bench",
        description = {
            "Time a model's calls: the median and the 99th percentile.",
            "Inputs are random numbers, or ones if they are whole numbers."
        })
final class BenchCommand implements Callable<Integer> {
    private static final int LEAST_CALLS = 5;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The model.")
    private Path file = Path.of("");

    @Option(names = "--batch", paramLabel = "N", description = "The size of open first axes. Default: 1.")
    private @Nullable Long batch;

    @Option(names = "--seq", paramLabel = "N", description = "The size of other dynamic axes. Default: 16.")
    private @Nullable Long seq;

    @Option(
            names = "--dim",
            paramLabel = "NAME=N",
            description = "The size of the dynamic axes of a name; repeat for each.")
    private Map<String, Long> dims = new LinkedHashMap<>();

    @Option(names = "--seconds", paramLabel = "S", description = "How long to measure. Default: 2.")
    private double seconds = 2;

    @Option(names = "--nodes", description = "Show how long each node takes.")
    private boolean nodes;

    @Option(names = "--json", description = "Print one JSON object and nothing else.")
    private boolean json;

    BenchCommand() {}

    @Override
    public Integer call() {
        if (batch() < 0 || seq() < 0 || !(seconds > 0 && seconds <= 3600)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--batch " + batch() + ", --seq " + seq() + ", --seconds " + seconds
                            + " (expected sizes of 0 or more and a time up to an hour)");
        }
        dims.forEach((name, size) -> Usage.check(spec, "--dim", name + "=" + size, size >= 0, "a size of 0 or more"));
        long start = System.nanoTime();
        OnnxModel model = OnnxModel.load(file);
        double loaded = (System.nanoTime() - start) / 1e6;
        model.eval();
        checkUsed(model.inputs());
        try (Scope ignored = Scope.open("bench")) {
            Map<String, OnnxValue> inputs = new LinkedHashMap<>();
            model.inputs().forEach(input -> inputs.put(input.name(), value(input)));
            double[] times = measure(model, inputs);
            print(loaded, times);
            if (nodes) {
                PrintWriter out = spec.commandLine().getOut();
                model.explain(inputs, Math.clamp(times.length / 4, 1, 100))
                        .lines()
                        .forEach(line -> out.println(Output.oneLine(line)));
                out.flush();
            }
        }
        return 0;
    }

    private long batch() {
        return batch == null ? 1 : batch;
    }

    private long seq() {
        return seq == null ? 16 : seq;
    }

    /** A size that no axis takes is a mistake: what is timed would not be what was asked for. */
    private void checkUsed(List<ValueInfo> inputs) {
        Set<String> first = new TreeSet<>();
        Set<String> others = new TreeSet<>();
        for (ValueInfo input : inputs) {
            List<String> names = input.dims();
            for (int d = 0; names != null && d < names.size(); d++) {
                if (!isSize(names.get(d))) {
                    (d == 0 ? first : others).add(names.get(d));
                }
            }
        }
        dims.keySet()
                .forEach(name -> Usage.check(
                        spec,
                        "--dim",
                        name,
                        first.contains(name) || others.contains(name),
                        "an open axis: " + first + " first, others " + others));
        Usage.check(
                spec, "--batch", batch(), batch == null || !first.isEmpty(), "none: the model has no open first axis");
        Usage.check(spec, "--seq", seq(), seq == null || !others.isEmpty(), "none: no axis but first ones is open");
    }

    private static boolean isSize(String dim) {
        return dim.matches("\\d{1,18}");
    }

    private OnnxValue value(ValueInfo input) {
        ElementType type = input.type();
        List<String> names = input.dims();
        if (type == null || names == null || type == ElementType.STRING || input.kind() != ValueInfo.Kind.TENSOR) {
            throw new TensorException("onnx bench: input " + input
                    + " (expected a tensor of numbers whose dimensions the file states); use 'onnx run'");
        }
        long[] sizes = new long[names.size()];
        for (int d = 0; d < sizes.length; d++) {
            String name = names.get(d);
            sizes[d] = isSize(name) ? Long.parseLong(name) : dims.getOrDefault(name, d == 0 ? batch() : seq());
        }
        DType dtype = type.carrier();
        Tensor tensor = dtype.isFloating()
                ? new Rng(0).randn(DType.F32, sizes).to(dtype)
                : Tensor.full(1, DType.I64, Device.CPU, sizes).to(dtype);
        return new OnnxValue.Numbers(type, tensor);
    }

    private double[] measure(OnnxModel model, Map<String, OnnxValue> inputs) {
        return Autograd.noGrad(() -> {
            run(model, inputs, seconds / 2);
            return run(model, inputs, seconds);
        });
    }

    /** The times of calls in microseconds. */
    private static double[] run(OnnxModel model, Map<String, OnnxValue> inputs, double seconds) {
        double[] times = new double[1024];
        int count = 0;
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (count < LEAST_CALLS || System.nanoTime() < end) {
            long start = System.nanoTime();
            try (Scope ignored = Scope.open("call")) {
                model.run(inputs);
            }
            if (count == times.length) {
                times = Arrays.copyOf(times, 2 * count);
            }
            times[count++] = (System.nanoTime() - start) / 1e3;
        }
        return Arrays.copyOf(times, count);
    }

    private void print(double loaded, double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        double median = sorted[sorted.length / 2];
        double high = sorted[Math.min(sorted.length - 1, sorted.length * 99 / 100)];
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("model", file.toString());
            fields.put("batch", batch());
            fields.put("seq", seq());
            fields.put("calls", sorted.length);
            fields.put("load_ms", loaded);
            fields.put("us", median);
            fields.put("us_p99", high);
            fields.put("us_min", sorted[0]);
            out.println(JsonLine.of(fields));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "loaded in %.0f ms; %d calls: median %.1f us, 99th percentile %.1f us, least %.1f us",
                    loaded,
                    sorted.length,
                    median,
                    high,
                    sorted[0]));
        }
        out.flush();
    }
}
