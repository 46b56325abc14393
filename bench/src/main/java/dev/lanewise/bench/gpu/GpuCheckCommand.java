package dev.lanewise.bench.gpu;

import dev.lanewise.cuda.CudnnPlans;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
                "Run the checks that need a GPU, step by step, and report them as JSON and Markdown. Steps of earlier calls stay"
                        + " in the report.",
        sortOptions = false)
public final class GpuCheckCommand implements Callable<Integer> {
    private static final String NOT_WRITTEN =
            "the results can't be written (%s): make room, or choose other places by --results and --archive";

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "STEP",
            arity = "0..*",
            description = "A profile (first, second, all) or steps, each optionally with its limit: golden=60."
                    + " Default: first.")
    private List<String> names = List.of();

    @Option(names = "--device", paramLabel = "DEVICE", description = "cuda:N, or cpu to rehearse. Default: cuda:0.")
    private String device = "cuda:0";

    @Option(
            names = "--results",
            paramLabel = "DIR",
            description = "Where results are collected. Default: ${DEFAULT-VALUE}.")
    private Path results = Path.of("target", "gpu-check-results");

    @Option(
            names = "--archive",
            paramLabel = "FILE",
            description = "One zip file of all results, kept up to date while the steps run."
                    + " Default: gpu-check.zip in the folder of results.")
    private @Nullable Path archive;

    @Option(names = "--limit", paramLabel = "SECONDS", description = "The maximum time for any step.")
    private int limit = Integer.MAX_VALUE;

    @Option(names = "--total", paramLabel = "SECONDS", description = "The maximum time for everything together.")
    private int total = Integer.MAX_VALUE;

    @Option(names = "--quick", description = "Measure and repeat as little as possible, to see that everything runs.")
    private boolean quick;

    @Option(names = "--report", description = "Only make the report from the existing results.")
    private boolean reportOnly;

    @Option(
            names = "--plans",
            paramLabel = "FILE",
            description = "Only show which convolutions cuDNN has plans for on the GPU that FILE describes, a"
                    + " cudnn-device.json of the step properties; the GPU need not be here.")
    private @Nullable Path plans;

    @Option(names = "--list", description = "Print the steps and do nothing.")
    private boolean list;

    /** Made by the command line. */
    public GpuCheckCommand() {}

    @Override
    public Integer call() throws IOException {
        Schedule schedule = schedule();
        if (list) {
            list();
            return 0;
        }
        if (plans != null) {
            if (!Files.isRegularFile(plans)) {
                throw usage(
                        "--plans " + plans + ": no such file (expected a cudnn-device.json of the step properties)");
            }
            CudnnPlans.check(Files.readString(plans)).forEach(this::say);
            return 0;
        }
        device = device();
        makeResults();
        Report report = new Report(results.toAbsolutePath());
        if (reportOnly) {
            report.write().forEach(file -> say("written: %s".formatted(file)));
            return 0;
        }
        Path file = archive == null ? results.resolve("gpu-check.zip") : archive;
        if (Files.isDirectory(file)) {
            throw usage("--archive " + file + " is a folder (expected a file such as first.zip)");
        }
        try (Keeper keeper = new Keeper(report, new Archive(report.folder(), file))) {
            return run(schedule, report, keeper) ? 0 : 1;
        }
    }

    private void makeResults() {
        try {
            Files.createDirectories(results);
        } catch (IOException e) {
            throw unwritable(e.toString());
        }
        if (!Files.isWritable(results)) {
            throw unwritable("no permission");
        }
    }

    private ParameterException unwritable(String reason) {
        return usage("--results " + results + ": the folder can't be written (" + reason
                + "); choose one that can be by --results DIR");
    }

    private boolean run(Schedule schedule, Report report, Keeper keeper) throws IOException {
        Deadline end = Deadline.in(Duration.ofSeconds(schedule.total()));
        if (!device.equals("cpu")) {
            HeldDevice.hold(HeldDevice.file(device));
        }
        Map<String, Object> facts = Facts.collect(
                device,
                schedule.steps().stream().anyMatch(planned -> planned.step().hasPeer()),
                freshLog("facts"),
                Deadline.in(Duration.ofSeconds(schedule.facts())).orIf(end),
                Deadline.in(Duration.ofSeconds(Schedule.PATIENCE)).orIf(end));
        keeper.facts(facts);
        // whoever can't have the results is told before the time on the GPU is spent
        keeper.write();
        if (!keeper.problem().isEmpty()) {
            say(NOT_WRITTEN.formatted(keeper.problem()));
            return false;
        }
        Object unavailable = facts.get("unavailable");
        boolean good = unavailable == null;
        if (unavailable != null) {
            say("no CUDA: nothing can be run on %s".formatted(device));
            unavailable.toString().lines().forEach(line -> say("  %s".formatted(line)));
        } else {
            say("on %s: %s".formatted(device, facts.getOrDefault("summary", "")));
            List<Schedule.Planned> steps = schedule.steps();
            for (int i = 0; i < steps.size(); i++) {
                Schedule.Planned planned = steps.get(i);
                say("[%d/%d] %s: %s"
                        .formatted(i + 1, steps.size(), planned.step().id(), planned.step().title));
                good &= run(planned, Facts.mayHavePeer(facts), end, report, keeper);
                keeper.write();
            }
        }
        keeper.write().forEach(written -> say("written: %s".formatted(written)));
        if (!keeper.problem().isEmpty()) {
            say(NOT_WRITTEN.formatted(keeper.problem()));
        }
        return good && keeper.problem().isEmpty();
    }

    private void list() {
        Schedule.PROFILES.forEach((name, profile) -> say("%-14s %s, at most %d s"
                .formatted(
                        name,
                        profile.steps().stream()
                                .map(planned -> planned.step().id())
                                .collect(Collectors.joining(", ")),
                        profile.total())));
        for (GpuStep step : GpuStep.values()) {
            say("%-14s %s, at most %d s".formatted(step.id(), step.title, step.seconds));
        }
    }

    private Schedule schedule() {
        if (limit < 1 || total < 1) {
            throw usage((limit < 1 ? "--limit " + limit : "--total " + total) + " (expected 1 second or more)");
        }
        try {
            return Schedule.of(names).within(limit, total);
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private String device() {
        try {
            return Device.parse(device).toString();
        } catch (TensorException e) {
            throw usage("--device: " + e.getMessage());
        }
    }

    private ParameterException usage(String problem) {
        return new ParameterException(spec.commandLine(), "gpu-check: " + problem);
    }

    private boolean run(Schedule.Planned planned, boolean peer, Deadline end, Report report, Keeper keeper)
            throws IOException {
        GpuStep step = planned.step();
        long start = System.nanoTime();
        freshLog(step.id());
        Deadline deadline = Deadline.in(Duration.ofSeconds(planned.seconds())).orIf(end);
        GpuRun run = new GpuRun(
                step,
                device,
                quick,
                peer,
                deadline,
                report.folder(),
                line -> say("  %s".formatted(line)),
                soFar -> keeper.watch(step, soFar));
        keeper.watch(step, () -> new StepResult(StepResult.STOPPED, "", List.of(), List.of()));
        StepResult result;
        try {
            result = deadline.isOver() ? StepResult.notRun("no time was left for it") : step.body.apply(run);
        } catch (RuntimeException e) {
            result = StepResult.failed(e.toString());
        }
        keeper.done(step, result);
        say("  %s in %.0f s: %s".formatted(result.status(), (System.nanoTime() - start) / 1e9, result.summary()));
        result.failures().stream().limit(5).forEach(failure -> say("  - %s".formatted(failure)));
        return result.status().equals(StepResult.PASSED) || device.equals("cpu") && step == GpuStep.PROPERTIES;
    }

    private Path freshLog(String name) throws IOException {
        Path log = results.toAbsolutePath().resolve(name + ".log");
        Files.deleteIfExists(log);
        return Files.createFile(log);
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
