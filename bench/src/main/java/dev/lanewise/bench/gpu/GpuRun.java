package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One step on its way: what its processes need to know.
 *
 * @param step which one
 * @param device {@code cuda:0}, or {@code cpu} to rehearse
 * @param quick whether to do as little as possible, to see that everything runs
 * @param peer whether there may be a PyTorch to compare with
 * @param deadline when its processes are ended
 * @param results where its log is, and what a JVM says when it crashes
 * @param progress takes lines for people
 * @param soFar is given what says what there is of the result, for when the run is cut off
 */
record GpuRun(
        GpuStep step,
        String device,
        boolean quick,
        boolean peer,
        Deadline deadline,
        Path results,
        Consumer<String> progress,
        Consumer<Supplier<StepResult>> soFar) {
    /** No reason for anything. */
    private static final String EVERY_JVM_SAYS = "WARNING: Using incubator modules";

    private static final String NO_PEER = "PyTorch: not found by python3, so there is nothing to compare with";

    /** Processes that run cases at once: more only wait for the device. */
    private static final int MOST_SHARDS = 4;

    /** A quick run of the conformance suite takes one case of so many, which two cores of a CPU do in a minute. */
    private static final int QUICK_SAMPLE = 12;

    Path log() {
        return results.resolve(step.id() + ".log");
    }

    StepResult cases(CaseProcess.Kind kind) {
        int sample = quick && kind == CaseProcess.Kind.CONFORMANCE ? QUICK_SAMPLE : 1;
        CaseRun cases = new CaseRun(progress, sample);
        soFar.accept(cases::result);
        // cores for the process itself and for what the driver does in it
        int shards = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, MOST_SHARDS);
        return cases.run(kind == CaseProcess.Kind.TRAINING ? 1 : shards, (shard, count, from, line) -> {
            List<String> arguments = List.of(kind.name(), device, "" + from, "" + shard, "" + count, "" + sample);
            return process(java(CaseProcess.class, arguments), line);
        });
    }

    StepResult trainers(List<String> models) {
        TrainersRun trainers = new TrainersRun(models, device, progress);
        soFar.accept(trainers::result);
        return trainers.run((arguments, line) -> {
            LimitedProcess.End end = process(java(TrainerProcess.class, arguments), line);
            return end.good() ? Optional.empty() : Optional.of(problem(end));
        });
    }

    StepResult leak() {
        LastLine said = new LastLine();
        soFar.accept(() -> SoakProcess.result(said.members(), ""));
        List<String> arguments = List.of(device, quick ? "500" : "10000");
        LimitedProcess.End end = process(java(SoakProcess.class, arguments), said);
        return SoakProcess.result(said.members(), end.good() ? "" : problem(end));
    }

    StepResult threads() {
        LastLine said = new LastLine();
        soFar.accept(() -> ThreadsProcess.result(said.members(), ""));
        LimitedProcess.End end = process(java(ThreadsProcess.class, List.of(device, quick ? "10" : "100")), said);
        return ThreadsProcess.result(said.members(), end.good() ? "" : problem(end));
    }

    StepResult attention() {
        Map<String, Map<String, Object>> ours = new ConcurrentHashMap<>();
        Map<String, Map<String, Object>> theirs = new ConcurrentHashMap<>();
        soFar.accept(() -> AttentionProcess.compare(ours, theirs));
        // at once: importing PyTorch takes a while
        CompletableFuture<String> theirProblem = CompletableFuture.supplyAsync(
                () -> peer ? attentionOfPeer(theirs) : NO_PEER,
                task -> Thread.ofPlatform().start(task));
        LimitedProcess.End end = process(java(AttentionProcess.class, List.of(device)), byPrecision(ours));
        List<String> problems = Stream.of(end.good() ? "" : problem(end), theirProblem.join())
                .filter(problem -> !problem.isEmpty())
                .toList();
        return AttentionProcess.compare(ours, theirs).with(problems);
    }

    /** What went wrong, if anything did. */
    private String attentionOfPeer(Map<String, Map<String, Object>> lines) {
        LimitedProcess.End end = process(Child.peer(List.of("attention")), byPrecision(lines));
        return end.good() ? "" : "PyTorch: " + problem(end);
    }

    private static Consumer<String> byPrecision(Map<String, Map<String, Object>> lines) {
        return printed -> {
            if (printed.startsWith("{") && printed.endsWith("}")) {
                Map<String, Object> line = Json.object(printed);
                lines.put(String.valueOf(line.get("precision")), line);
            }
        };
    }

    StepResult properties() {
        if (!isGpu()) {
            return StepResult.notRun("only a GPU has such properties");
        }
        Path file = results.resolve("cudnn-device.json");
        LimitedProcess.End end = process(java(PropertiesProcess.class, List.of(device, file.toString())), line -> {});
        return end.good() && Files.isRegularFile(file)
                ? new StepResult(StepResult.PASSED, "in " + file.getFileName(), List.of(), List.of())
                : StepResult.failed(problem(end));
    }

    StepResult ops() {
        return race(new Races(this, "fp32").ops(), "fp32");
    }

    StepResult train(String precision) {
        return race(new Races(this, precision).train(), precision);
    }

    StepResult compiled(String precision) {
        return race(new Races(this, precision).compiled(), precision);
    }

    boolean isGpu() {
        return !device.equals("cpu");
    }

    private StepResult race(Race race, String precision) {
        soFar.accept(race::result);
        // by PyTorch's default cuDNN may take TF32; this variable of NVIDIA's libraries keeps both from it
        Map<String, String> environment = precision.equals("fp32") ? Map.of("NVIDIA_TF32_OVERRIDE", "0") : Map.of();
        StepResult result = race.run(deadline, (runner, command, line) -> {
            if (deadline.isOver()) {
                return Optional.of("not run, the step's time was over");
            }
            progress.accept(runner.name().replace('_', ' '));
            LimitedProcess.End end = LimitedProcess.run(command, environment, deadline, log(), line);
            return end.good() ? Optional.empty() : Optional.of(problem(end));
        });
        return result.with(peer ? List.of() : List.of(NO_PEER));
    }

    /** One of our processes. What checks results lets convolutions only sum products. */
    List<String> java(Class<?> main, List<String> arguments) {
        List<String> flags = new ArrayList<>(List.of(errorFile(results)));
        if (!step.isMeasured()) {
            flags.add("-Dlanewise.cuda.convolutionTransforms=false");
        }
        return Child.java(flags, main, arguments);
    }

    /** Has a JVM say among the results why it crashed. */
    static String errorFile(Path results) {
        return "-XX:ErrorFile=" + results.resolve("hs_err_%p.log");
    }

    private LimitedProcess.End process(List<String> command, Consumer<String> line) {
        return LimitedProcess.run(command, environment(), deadline, log(), line);
    }

    /** Variables of processes that check results. */
    Map<String, String> environment() {
        return step.launchesBlock() ? Map.of("CUDA_LAUNCH_BLOCKING", "1") : Map.of();
    }

    /** How a process ended, with the last thing it said. */
    private String problem(LimitedProcess.End end) {
        try {
            List<String> said = Files.readAllLines(log()).stream()
                    .filter(text -> !text.isBlank() && !text.startsWith(EVERY_JVM_SAYS))
                    .toList();
            return "the process " + end
                    + (said.isEmpty() ? "" : ": " + said.getLast().strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
