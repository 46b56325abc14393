package dev.lanewise.bench;

import dev.lanewise.bench.ProfilingBackend.Kind;
import dev.lanewise.bench.ProfilingBackend.Total;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backends;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.LinkedHashMap;
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
        description =
                "Show which operations a training step spends its time in, and how much is spent outside operations.",
        sortOptions = false)
final class ProfileCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private MeasureOptions options;

    @Option(names = "--shapes", description = "Count operations of different shapes separately.")
    private boolean byShape;

    @Option(names = "--top", paramLabel = "N", description = "How many operations to show. Default: 10.")
    private int top = 10;

    ProfileCommand() {}

    @Override
    public Integer call() {
        Device device = options.device();
        Timing timing = options.timing(Timing.STEP);
        ProfilingBackend profiling = new ProfilingBackend(Backends.of(device));
        Backends.decorate(device, backend -> profiling);
        for (TrainWorkload workload : options.selected(List.of(TrainWorkload.values()), w -> w.id)) {
            Runnable step = workload.prepare(device);
            timing.warm(step);
            print(workload.id, measure(step, profiling, timing.rounds() * timing.budget()));
        }
        return 0;
    }

    /**
     * What a step's time was spent on.
     *
     * @param steps how many steps there were
     * @param millis the mean time of a step
     * @param outside the shortest time that a step spent outside operations, in milliseconds
     * @param parts the time spent in operations
     */
    private record Profile(long steps, double millis, double outside, List<Part> parts) {}

    /**
     * A kind of operation.
     *
     * @param name the operation, with its shapes if requested
     * @param runs runs per step
     * @param mean milliseconds per step
     * @param best milliseconds per step if every run took as long as the shortest of its shapes
     */
    private record Part(String name, double runs, double mean, double best) {
        Part plus(Part other) {
            return new Part(name, runs + other.runs, mean + other.mean, best + other.best);
        }
    }

    private Profile measure(Runnable step, ProfilingBackend profiling, double seconds) {
        profiling.reset();
        long outside = Long.MAX_VALUE;
        long start = System.nanoTime();
        long steps = 0;
        long total;
        do {
            long inOperations = profiling.nanos();
            long before = System.nanoTime();
            step.run();
            long taken = System.nanoTime() - before;
            outside = Math.min(outside, taken - (profiling.nanos() - inOperations));
            steps++;
            total = System.nanoTime() - start;
        } while (total < seconds * 1e9);
        return new Profile(steps, total / 1e6 / steps, outside / 1e6, parts(profiling.totals(), steps));
    }

    private List<Part> parts(Map<Kind, Total> totals, double steps) {
        Map<String, Part> parts = new LinkedHashMap<>();
        totals.forEach((kind, total) -> {
            String name = byShape ? kind.op() + " " + kind.shapes() : kind.op();
            double runs = total.runs / steps;
            Part part = new Part(name, runs, total.nanos / 1e6 / steps, runs * total.shortest / 1e6);
            parts.merge(name, part, Part::plus);
        });
        return parts.values().stream()
                .sorted(Comparator.comparingDouble(Part::best).reversed())
                .toList();
    }

    private void print(String workload, Profile profile) {
        PrintWriter out = spec.commandLine().getOut();
        double best =
                profile.outside + profile.parts.stream().mapToDouble(Part::best).sum();
        double mean = profile.parts.stream().mapToDouble(Part::mean).sum();
        out.printf(
                Locale.ROOT,
                "%s: %.3f ms per step, %.3f if nothing disturbed it (mean and best of %d steps)%n",
                workload,
                profile.millis,
                best,
                profile.steps);
        out.printf(Locale.ROOT, "  %9s %9s %6s %7s%n", "mean, ms", "best, ms", "share", "runs");
        for (Part part : profile.parts.subList(0, Math.min(top, profile.parts.size()))) {
            row(out, part, best);
        }
        row(out, new Part("outside operations", 1, profile.millis - mean, profile.outside), best);
        out.flush();
    }

    private static void row(PrintWriter out, Part part, double all) {
        out.printf(
                Locale.ROOT,
                "  %9.3f %9.3f %5.1f%% %7.1f %s%n",
                part.mean,
                part.best,
                100 * part.best / all,
                part.runs,
                part.name);
    }
}
