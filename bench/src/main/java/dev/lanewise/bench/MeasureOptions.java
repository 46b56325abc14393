package dev.lanewise.bench;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of commands that measure. */
final class MeasureOptions {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of the CPU backend. Default: all cores.")
    private @Nullable Integer threads;

    @Option(names = "--device", paramLabel = "DEVICE", description = "cpu or cuda:N. Default: cpu.")
    private String device = "cpu";

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description = "fp32, tf32 (products on a GPU) or bf16 (mixed precision). Default: fp32.")
    private Precision precision = Precision.FP32;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Only these; names separated by commas.")
    private List<String> only = List.of();

    @Option(names = "--rounds", paramLabel = "N", description = "The number of rounds; the best counts.")
    private @Nullable Integer rounds;

    @Option(names = "--budget", paramLabel = "SECONDS", description = "How long a round takes about.")
    private @Nullable Double budget;

    @Option(names = "--warm-up", paramLabel = "SECONDS", description = "How long to run before the first round.")
    private @Nullable Double warmUp;

    @Option(names = "--json", description = "Print one JSON object per line, with the keys of the peer's script.")
    private boolean json;

    MeasureOptions() {}

    /** What products are computed in. */
    Precision precision() {
        return precision;
    }

    /** The device, after the number of threads and the precision of products have been set. */
    Device device() {
        if (threads != null) {
            if (threads < 1) {
                throw usage("--threads " + threads + " (expected 1 or more)");
            }
            System.setProperty("lanewise.threads", Integer.toString(threads));
        }
        if (precision == Precision.TF32) {
            System.setProperty("lanewise.cuda.tf32", "true");
        }
        Device parsed;
        try {
            parsed = Device.parse(device.equals("cuda") ? "cuda:0" : device);
        } catch (TensorException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
        Backends.of(parsed);
        return parsed;
    }

    /** The timing, with the options' changes. */
    Timing timing(Timing usual) {
        Timing timing = new Timing(
                warmUp == null ? usual.warmUp() : warmUp,
                rounds == null ? usual.rounds() : rounds,
                budget == null ? usual.budget() : budget);
        if (timing.rounds() < 1 || !(timing.budget() >= 0) || !(timing.warmUp() >= 0)) {
            throw usage("--rounds " + timing.rounds() + " --budget " + timing.budget() + " --warm-up " + timing.warmUp()
                    + " (expected 1 or more rounds and 0 or more seconds)");
        }
        return timing;
    }

    /** The items whose names were given, in that order; all by default. */
    <T> List<T> selected(Collection<T> all, Function<T, String> name) {
        List<String> known = all.stream().map(name).distinct().toList();
        for (String wanted : only) {
            if (!known.contains(wanted)) {
                throw unknown(spec, wanted, known);
            }
        }
        if (only.isEmpty()) {
            return List.copyOf(all);
        }
        return only.stream()
                .distinct()
                .flatMap(wanted -> all.stream().filter(item -> name.apply(item).equals(wanted)))
                .toList();
    }

    /** The training workload of a name that a command was given. */
    static TrainWorkload known(CommandSpec spec, String name) {
        List<String> known = TrainWorkload.names();
        if (!known.contains(name)) {
            throw unknown(spec, name, known);
        }
        return TrainWorkload.of(name);
    }

    private static ParameterException unknown(CommandSpec spec, String name, List<String> known) {
        return new ParameterException(
                spec.commandLine(),
                "--only: unknown name '" + name + "' (expected some of " + String.join(", ", known) + ")");
    }

    /** Prints a measurement at once. */
    void print(Map<String, ?> line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? JsonLine.of(line) : text(line));
        out.flush();
    }

    private static String text(Map<String, ?> line) {
        return line.values().stream()
                .map(value ->
                        value instanceof Double real ? String.format("%14.3f", real) : String.format("%-16s", value))
                .collect(Collectors.joining(" "));
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
