package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise bench versus-onnxruntime}. */
@Command(
        name = "versus-onnxruntime",
        description = {
            "Time ONNX models here and in ONNX Runtime's Java API, alternately.",
            "A ratio above 1 means that the calls here are faster."
        },
        sortOptions = false)
final class OnnxRuntimeCommand implements Callable<Integer> {
    private static final int TURNS = 10;

    private static final double WINDOW_SECONDS = 0.5;

    /** So many windows without a median below this part of the best so far, and a model is warm. */
    private static final int STEADY_WINDOWS = 6;

    private static final double FALLING = 0.97;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Models.")
    private List<Path> files = List.of();

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Sizes of open first axes. Default: 1.")
    private List<Long> batches = List.of(1L);

    @Option(names = "--seq", paramLabel = "N", split = ",", description = "Sizes of other dynamic axes. Default: 16.")
    private List<Long> lengths = List.of(16L);

    @Option(names = "--threads", paramLabel = "N", description = "Threads of both. Default: 2.")
    private int threads = 2;

    @Option(names = "--seconds", paramLabel = "S", description = "How long to measure each size. Default: 4.")
    private double seconds = 4;

    @Option(
            names = "--warmup",
            paramLabel = "S",
            description = "The most seconds to warm up before each size; fewer once times no longer fall. Default: 30.")
    private double warmup = 30;

    @Option(
            names = "--fresh",
            description = "Also load each in a fresh process and call it ten times: shows times and peak memory.")
    private boolean fresh;

    @Option(names = "--json", description = "Print one JSON object for each model and size and nothing else.")
    private boolean json;

    OnnxRuntimeCommand() {}

    @Override
    public Integer call() {
        if (threads < 1 || !(seconds > 0) || !(warmup > 0)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--threads " + threads + ", --seconds " + seconds + ", --warmup " + warmup
                            + " (expected more than 0)");
        }
        System.setProperty("lanewise.threads", Integer.toString(threads));
        double logs = 0;
        int count = 0;
        for (Path file : files) {
            long start = System.nanoTime();
            OnnxModel model = OnnxModel.load(file);
            double loaded = (System.nanoTime() - start) / 1e6;
            model.eval();
            start = System.nanoTime();
            try (OnnxRuntimeSession peer = new OnnxRuntimeSession(file, threads)) {
                double peerLoaded = (System.nanoTime() - start) / 1e6;
                boolean hasLengths = model.inputs().stream().anyMatch(OnnxRuntimeCommand::hasLength);
                for (long batch : batches) {
                    for (long length : hasLengths ? lengths : List.of(0L)) {
                        Turns turns = measure(model, peer, batch, length);
                        print(file, batch, length, loaded, peerLoaded, turns);
                        if (fresh) {
                            printFresh(file, batch, length);
                        }
                        logs += Math.log(turns.ratio());
                        count++;
                    }
                }
            }
        }
        if (!json) {
            spec.commandLine()
                    .getOut()
                    .println(String.format(Locale.ROOT, "geometric mean of the ratios: %.2f", Math.exp(logs / count)));
            spec.commandLine().getOut().flush();
        }
        return 0;
    }

    private static boolean hasLength(ValueInfo input) {
        List<String> dims = input.dims();
        return dims != null && dims.stream().skip(1).anyMatch(dim -> !dim.matches("\\d+"));
    }

    /** The times of calls in microseconds, sorted, and the seconds that the calls here took to reach them. */
    private record Turns(double[] own, double[] peer, double warmed) {
        double ratio() {
            return median(peer) / median(own);
        }

        static double median(double[] sorted) {
            return sorted[sorted.length / 2];
        }

        static double high(double[] sorted) {
            return sorted[Math.min(sorted.length - 1, sorted.length * 99 / 100)];
        }
    }

    private Turns measure(OnnxModel model, OnnxRuntimeSession peer, long batch, long length) {
        try (Scope ignored = Scope.open("measure")) {
            Map<String, Tensor> inputs = inputs(model, batch, length);
            peer.inputs(inputs);
            Runnable own = () -> {
                try (Scope scope = Scope.open("call")) {
                    Autograd.noGrad(() -> model.forward(inputs));
                }
            };
            double warmed = warmUp(own);
            times(peer::run, seconds / 4);
            double[][] ours = new double[TURNS][];
            double[][] theirs = new double[TURNS][];
            for (int turn = 0; turn < TURNS; turn++) {
                ours[turn] = times(own, seconds / 2 / TURNS);
                theirs[turn] = times(peer::run, seconds / 2 / TURNS);
            }
            return new Turns(sorted(ours), sorted(theirs), warmed);
        }
    }

    /**
     * Calls until the times no longer fall, as they do while the JVM compiles: what a service sees from then on is what is
     * compared, and how long it took is printed.
     *
     * @return the seconds until the times fell for the last time
     */
    private double warmUp(Runnable call) {
        long start = System.nanoTime();
        double best = Double.MAX_VALUE;
        int still = 0;
        double passed = 0;
        double warmed = 0;
        while (still < STEADY_WINDOWS && passed < warmup) {
            double[] window = times(call, WINDOW_SECONDS);
            Arrays.sort(window);
            double median = Turns.median(window);
            still = median < FALLING * best ? 0 : still + 1;
            best = Math.min(best, median);
            passed = (System.nanoTime() - start) / 1e9;
            warmed = still == 0 ? passed : warmed;
        }
        return warmed;
    }

    private static double[] sorted(double[][] turns) {
        return Arrays.stream(turns).flatMapToDouble(Arrays::stream).sorted().toArray();
    }

    private static double[] times(Runnable call, double seconds) {
        List<Double> times = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        do {
            long start = System.nanoTime();
            call.run();
            times.add((System.nanoTime() - start) / 1e3);
        } while (System.nanoTime() < end);
        return times.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Inputs for a model: random real numbers, ones for whole ones. */
    static Map<String, Tensor> inputs(OnnxModel model, long batch, long length) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        model.inputs().forEach(input -> inputs.put(input.name(), value(input, batch, length)));
        return inputs;
    }

    private static Tensor value(ValueInfo input, long batch, long length) {
        ElementType type = input.type();
        List<String> dims = input.dims();
        if (type == null || dims == null) {
            throw new IllegalArgumentException(
                    "input " + input + " (expected a tensor whose dimensions the file states)");
        }
        long[] sizes = new long[dims.size()];
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = dims.get(d).matches("\\d+") ? Long.parseLong(dims.get(d)) : d == 0 ? batch : length;
        }
        DType dtype = type.carrier();
        return dtype.isFloating()
                ? new Rng(0).randn(DType.F32, sizes).to(dtype)
                : Tensor.full(1, DType.I64, Device.CPU, sizes).to(dtype);
    }

    /** Lines of a fresh process on each side. */
    private void printFresh(Path file, long batch, long length) {
        PrintWriter out = spec.commandLine().getOut();
        for (String side : OnnxProbe.sides()) {
            List<String> arguments = List.of(
                    side, file.toString(), Integer.toString(threads), Long.toString(batch), Long.toString(length));
            List<String> flags = List.of("-Dlanewise.threads=" + threads);
            String line =
                    Child.lines(Child.java(flags, OnnxProbe.class, arguments)).getLast();
            Map<String, Double> numbers = Measurements.numbers(line);
            out.println(
                    json
                            ? line
                            : String.format(
                                    Locale.ROOT,
                                    "  fresh process, %s: loaded in %.0f ms, first call %.1f ms, tenth %.1f ms, peak %.0f MiB",
                                    side,
                                    numbers.getOrDefault("load_ms", Double.NaN),
                                    numbers.getOrDefault("first_ms", Double.NaN),
                                    numbers.getOrDefault("last_ms", Double.NaN),
                                    numbers.getOrDefault("peak_mib", Double.NaN)));
        }
        out.flush();
    }

    private void print(Path file, long batch, long length, double loaded, double peerLoaded, Turns turns) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("model", file.toString());
            fields.put("batch", batch);
            fields.put("seq", length);
            fields.put("threads", threads);
            fields.put("us", Turns.median(turns.own));
            fields.put("us_p99", Turns.high(turns.own));
            fields.put("onnxruntime_us", Turns.median(turns.peer));
            fields.put("onnxruntime_us_p99", Turns.high(turns.peer));
            fields.put("ratio", turns.ratio());
            fields.put("load_ms", loaded);
            fields.put("onnxruntime_load_ms", peerLoaded);
            fields.put("warm_s", turns.warmed);
            out.println(JsonLine.of(fields));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "%s batch %d seq %d: %.0f us (99%%: %.0f), ONNX Runtime %.0f us (99%%: %.0f), ratio %.2f;"
                            + " loaded in %.0f and %.0f ms; warm after %.0f s",
                    file.getFileName(),
                    batch,
                    length,
                    Turns.median(turns.own),
                    Turns.high(turns.own),
                    Turns.median(turns.peer),
                    Turns.high(turns.peer),
                    turns.ratio(),
                    loaded,
                    peerLoaded,
                    turns.warmed));
        }
        out.flush();
    }
}
