package dev.lanewise.bench;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backends;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lanewise bench profile}. */
@Command(
        name = "profile",
        description = "Show which operations a training step's time goes to, and how much of it goes to none.",
        sortOptions = false)
final class ProfileCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private MeasureOptions options;

    @Option(names = "--shapes", description = "Count operations of different shapes apart.")
    private boolean byShape;

    @Option(names = "--top", paramLabel = "N", description = "How many operations to show. Default: 10.")
    private int top = 10;

    ProfileCommand() {}

    @Override
    public Integer call() {
        Device device = options.device();
        Timing timing = options.timing(Timing.STEP);
        ProfilingBackend profiling = new ProfilingBackend(Backends.of(device), byShape);
        Backends.decorate(device, backend -> profiling);
        for (TrainWorkload workload : options.selected(List.of(TrainWorkload.values()), w -> w.id)) {
            Runnable step = workload.prepare(device);
            timing.warm(step);
            profiling.reset();
            long start = System.nanoTime();
            long steps = 0;
            do {
                step.run();
                steps++;
            } while (System.nanoTime() - start < timing.rounds() * timing.budget() * 1e9);
            print(workload.id, profiling.totals(), steps, (System.nanoTime() - start) / 1e6 / steps);
        }
        return 0;
    }

    private void print(String workload, Map<String, ProfilingBackend.Total> totals, long steps, double millis) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(Locale.ROOT, "%s: %.3f ms a step (mean of %d)%n", workload, millis, steps);
        double inside = 0;
        for (ProfilingBackend.Total total : totals.values()) {
            inside += total.nanos / 1e6 / steps;
        }
        totals.entrySet().stream()
                .sorted(Comparator.comparingLong(
                                (Map.Entry<String, ProfilingBackend.Total> entry) -> entry.getValue().nanos)
                        .reversed())
                .limit(top)
                .forEach(entry -> row(out, entry.getKey(), entry.getValue(), steps, millis));
        out.printf(
                Locale.ROOT,
                "  %9.3f ms %5.1f%%         outside operations%n",
                millis - inside,
                100 * (millis - inside) / millis);
        out.flush();
    }

    private static void row(PrintWriter out, String name, ProfilingBackend.Total total, long steps, double millis) {
        double own = total.nanos / 1e6 / steps;
        out.printf(
                Locale.ROOT,
                "  %9.3f ms %5.1f%% %6.1fx %s%n",
                own,
                100 * own / millis,
                (double) total.runs / steps,
                name);
    }
}
