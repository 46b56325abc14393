package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Json;
import dev.lanewise.bench.Main;
import dev.lanewise.bench.OpWorkloads;
import dev.lanewise.bench.TrainWorkload;
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

    /** What the names of its programs begin with. */
    private static final String PEER = "pytorch";

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
        List<Race.Runner> runners = List.of(ours("ours", "ops", "fp32", "0.5"), peer(PEER, "ops", "fp32"));
        return race(runners, List.of(new Race.Ratio("ratio", "ours", "pytorch")), "fp32");
    }

    StepResult train(String precision) {
        List<Race.Runner> runners = new ArrayList<>();
        runners.add(ours("ours_eager", "train", precision, "3"));
        runners.add(peer(PEER + "_eager", "train", precision));
        List<Race.Ratio> ratios = new ArrayList<>();
        ratios.add(new Race.Ratio("eager", "ours_eager", "pytorch_eager"));
        if (isGpu()) {
            runners.add(ours("ours_graphs", "train", precision, "3", "--mode", "graphs"));
            runners.add(peer(PEER + "_graphs", "train", precision, "--mode", "graphs"));
            ratios.add(new Race.Ratio("graphs", "ours_graphs", "pytorch_graphs"));
            ratios.add(new Race.Ratio("graphs_over_their_eager", "ours_graphs", "pytorch_eager"));
        }
        return race(runners, ratios, precision);
    }

    StepResult compiled(String precision) {
        String mode = isGpu() ? "graphs" : "eager";
        List<Race.Runner> runners = List.of(
                ours("ours_" + mode, "train", precision, "3", "--mode", mode),
                peer(PEER + "_compiled", "train", precision, "--mode", "compile"));
        return race(runners, List.of(new Race.Ratio("compiled", "ours_" + mode, "pytorch_compiled")), precision);
    }

    private boolean isGpu() {
        return !device.equals("cpu");
    }

    private Race.Runner ours(String name, String what, String precision, String warmUp, String... more) {
        List<String> arguments = new ArrayList<>(List.of("bench"));
        arguments.addAll(arguments(what, device, precision, more));
        arguments.addAll(List.of("--json", "--warm-up", quick ? "0" : warmUp));
        return new Race.Runner(name, java(Main.class, arguments), works(what, more));
    }

    private Race.Runner peer(String name, String what, String precision, String... more) {
        return new Race.Runner(
                name, Child.peer(arguments(what, isGpu() ? "cuda" : "cpu", precision, more)), works(what, more));
    }

    private static List<String> works(String what, String... more) {
        if (what.equals("ops")) {
            return OpWorkloads.names();
        }
        return List.of(more).contains("--mode") ? TrainWorkload.namesOfOneOptimizer() : TrainWorkload.names();
    }

    private List<String> arguments(String what, String on, String precision, String... more) {
        List<String> arguments = new ArrayList<>(List.of(what, "--device", on, "--precision", precision));
        arguments.addAll(List.of("--rounds", quick ? "1" : what.equals("ops") ? "7" : "5"));
        arguments.addAll(List.of("--budget", quick ? "0.001" : what.equals("ops") ? "0.1" : "0.3"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private StepResult race(List<Race.Runner> runners, List<Race.Ratio> ratios, String precision) {
        List<Race.Runner> there = peer
                ? runners
                : runners.stream()
                        .filter(runner -> !runner.name().startsWith(PEER))
                        .toList();
        Race race = new Race(there, ratios, quick ? 1 : 2);
        soFar.accept(race::result);
        // by PyTorch's default cuDNN may take TF32; this variable of NVIDIA's libraries keeps both from it
        Map<String, String> environment = precision.equals("fp32") ? Map.of("NVIDIA_TF32_OVERRIDE", "0") : Map.of();
        StepResult result = race.run(runner -> {
            progress.accept(runner.name().replace('_', ' '));
            return runner.run(race::mayRestart, (command, line) -> {
                if (deadline.isOver()) {
                    return Optional.of("not run, the step's time was over");
                }
                LimitedProcess.End end = LimitedProcess.run(command, environment, deadline, log(), line);
                return end.good() ? Optional.empty() : Optional.of(problem(end));
            });
        });
        return result.with(peer ? List.of() : List.of(NO_PEER));
    }

    /** One of our processes. What checks results lets convolutions only sum products. */
    List<String> java(Class<?> main, List<String> arguments) {
        List<String> flags = new ArrayList<>(List.of("-XX:ErrorFile=" + results.resolve("hs_err_%p.log")));
        if (!step.isMeasured()) {
            flags.add("-Dlanewise.cuda.convolutionTransforms=false");
        }
        return Child.java(flags, main, arguments);
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
