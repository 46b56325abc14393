package dev.lanewise.bench.gpu;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise bench gpu-check}. Exit code 0 if every step that was asked for passed. */
@Command(
        name = "gpu-check",
        description =
                "Run what needs a GPU, step by step, and report it as JSON and Markdown. Steps of earlier calls stay"
                        + " in the report.",
        sortOptions = false)
public final class GpuCheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "STEP", arity = "0..*", description = "Only these steps; all by default.")
    private List<String> names = List.of();

    @Option(names = "--device", paramLabel = "DEVICE", description = "cuda:N, or cpu to rehearse. Default: cuda:0.")
    private String device = "cuda:0";

    @Option(
            names = "--results",
            paramLabel = "DIR",
            description = "Where results are collected. Default: ${DEFAULT-VALUE}.")
    private Path results = Path.of("target", "gpu-check-results");

    @Option(
            names = "--limit",
            paramLabel = "SECONDS",
            description = "The most a step may take, instead of its own limit.")
    private @Nullable Integer limit;

    @Option(names = "--quick", description = "Measure and repeat as little as possible, to see that everything runs.")
    private boolean quick;

    @Option(names = "--report", description = "Only make the report of the results that are there.")
    private boolean reportOnly;

    @Option(names = "--list", description = "Print the steps and do nothing.")
    private boolean list;

    /** Made by the command line. */
    public GpuCheckCommand() {}

    @Override
    public Integer call() throws IOException {
        List<GpuStep> steps = steps();
        if (list) {
            steps.forEach(step -> say("%-14s %s, at most %d s".formatted(step.id(), step.title, step.seconds)));
            return 0;
        }
        Files.createDirectories(results);
        Report report = new Report(results);
        if (reportOnly) {
            report.write().forEach(file -> say("written: %s".formatted(file)));
            return 0;
        }
        Map<String, Object> facts = Facts.collect(device, steps.stream().anyMatch(GpuStep::hasPeer), freshLog("facts"));
        report.save(facts);
        Object unavailable = facts.get("unavailable");
        boolean good = unavailable == null;
        if (unavailable != null) {
            say("no CUDA: nothing can be run on %s".formatted(device));
            unavailable.toString().lines().forEach(line -> say("  %s".formatted(line)));
        } else {
            say("on %s: %s".formatted(device, facts.getOrDefault("summary", "")));
            for (int i = 0; i < steps.size(); i++) {
                say("[%d/%d] %s: %s".formatted(i + 1, steps.size(), steps.get(i).id(), steps.get(i).title));
                good &= run(steps.get(i), report, facts);
                report.write();
            }
        }
        report.write().forEach(file -> say("written: %s".formatted(file)));
        return good ? 0 : 1;
    }

    private List<GpuStep> steps() {
        return names.isEmpty()
                ? List.of(GpuStep.values())
                : names.stream()
                        .map(name -> GpuStep.of(name).orElseThrow(() -> unknown(name)))
                        .toList();
    }

    private ParameterException unknown(String name) {
        return new ParameterException(
                spec.commandLine(),
                "gpu-check: unknown step '" + name + "' (expected some of " + String.join(", ", GpuStep.ids()) + ")");
    }

    private boolean run(GpuStep step, Report report, Map<String, Object> facts) throws IOException {
        long start = System.nanoTime();
        Duration most = Duration.ofSeconds(limit == null ? step.seconds : limit);
        Path log = freshLog(step.id());
        GpuRun run = new GpuRun(device, quick, Deadline.in(most), log, line -> say("  %s".formatted(line)));
        StepResult result;
        try {
            result = step.body.apply(run);
        } catch (RuntimeException e) {
            result = StepResult.failed(e.toString());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        report.save(step, result, facts, seconds);
        say("  %s in %.0f s: %s".formatted(result.status(), seconds, result.summary()));
        result.failures().stream().limit(5).forEach(failure -> say("  - %s".formatted(failure)));
        return result.status().equals(StepResult.PASSED);
    }

    private Path freshLog(String name) throws IOException {
        Path log = results.resolve(name + ".log");
        Files.deleteIfExists(log);
        return Files.createFile(log);
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
