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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One step on its way: what its processes need to know.
 *
 * @param device {@code cuda:0}, or {@code cpu} to rehearse
 * @param quick whether to do as little as possible, to see that everything runs
 * @param deadline when its processes are ended
 * @param log where their errors go
 * @param progress takes lines for people
 */
record GpuRun(String device, boolean quick, Deadline deadline, Path log, Consumer<String> progress) {
    /** How much more memory may be in use in the end: what other processes and the JVM's own housekeeping take. */
    private static final double LEAK_SLACK_MIB = 32;

    private static final double SAME = 1e-4;

    StepResult cases(CaseProcess.Kind kind) {
        CaseRun cases = new CaseRun(progress);
        return cases.run(from -> process(
                Child.java(List.of(), CaseProcess.class, List.of(kind.name(), device, "" + from)), cases::take));
    }

    StepResult trainers() {
        return new TrainersRun(device, progress).run((arguments, line) -> {
            LimitedProcess.End end = process(
                    Child.java(List.of(), dev.lanewise.examples.Main.class, arguments), text -> members(text, line));
            return end.good() ? Optional.empty() : Optional.of(problem(end));
        });
    }

    StepResult leak() {
        String steps = quick ? "500" : "10000";
        Map<String, Object> line = new LinkedHashMap<>();
        LimitedProcess.End end = last(SoakProcess.class, List.of(device, steps), line);
        if (!(line.get("before_mib") instanceof Double before) || !(line.get("after_mib") instanceof Double after)) {
            return StepResult.failed(problem(end));
        }
        boolean flat = after <= before * 1.05 + LEAK_SLACK_MIB;
        String summary = String.format("%.0f MiB after a fifth of %s steps, %.0f MiB at the end", before, steps, after);
        return new StepResult(flat ? StepResult.PASSED : StepResult.FAILED, summary, List.of(line), List.of());
    }

    StepResult threads() {
        Map<String, Object> line = new LinkedHashMap<>();
        LimitedProcess.End end = last(ThreadsProcess.class, List.of(device), line);
        if (!(line.get("in_two_threads") instanceof Double together)
                || !(line.get("one_after_the_other") instanceof Double again)) {
            return StepResult.failed(problem(end));
        }
        boolean same = together <= SAME;
        String summary = "weights differ by " + together + " at most; those of two runs in one thread by " + again;
        return new StepResult(same ? StepResult.PASSED : StepResult.FAILED, summary, List.of(line), List.of());
    }

    StepResult ops() {
        List<Race.Runner> runners = List.of(ours("ours", "ops", "fp32", "0.5"), peer("pytorch", "ops", "fp32"));
        return race(runners, List.of(new Race.Ratio("ratio", "ours", "pytorch")), "fp32");
    }

    StepResult train(String precision) {
        List<Race.Runner> runners = new ArrayList<>();
        runners.add(ours("ours_eager", "train", precision, "3"));
        runners.add(peer("pytorch_eager", "train", precision));
        List<Race.Ratio> ratios = new ArrayList<>();
        ratios.add(new Race.Ratio("eager", "ours_eager", "pytorch_eager"));
        if (isGpu()) {
            runners.add(ours("ours_graphs", "train", precision, "3", "--mode", "graphs"));
            runners.add(peer("pytorch_graphs", "train", precision, "--mode", "graphs"));
            ratios.add(new Race.Ratio("graphs", "ours_graphs", "pytorch_graphs"));
            ratios.add(new Race.Ratio("graphs_over_their_eager", "ours_graphs", "pytorch_eager"));
        }
        return race(runners, ratios, precision);
    }

    StepResult compiled(String precision) {
        String mode = isGpu() ? "graphs" : "eager";
        List<Race.Runner> runners = List.of(
                ours("ours_" + mode, "train", precision, "3", "--mode", mode),
                peer("pytorch_compiled", "train", precision, "--mode", "compile"));
        return race(runners, List.of(new Race.Ratio("compiled", "ours_" + mode, "pytorch_compiled")), precision);
    }

    private boolean isGpu() {
        return !device.equals("cpu");
    }

    private Race.Runner ours(String name, String what, String precision, String warmUp, String... more) {
        List<String> arguments = new ArrayList<>(List.of("bench"));
        arguments.addAll(arguments(what, device, precision, more));
        arguments.addAll(List.of("--json", "--warm-up", quick ? "0" : warmUp));
        return new Race.Runner(name, Child.java(List.of(), Main.class, arguments), works(what));
    }

    private Race.Runner peer(String name, String what, String precision, String... more) {
        return new Race.Runner(
                name, Child.peer(arguments(what, isGpu() ? "cuda" : "cpu", precision, more)), works(what));
    }

    private static List<String> works(String what) {
        return what.equals("ops") ? OpWorkloads.names() : TrainWorkload.names();
    }

    private List<String> arguments(String what, String on, String precision, String... more) {
        List<String> arguments = new ArrayList<>(List.of(what, "--device", on, "--precision", precision));
        arguments.addAll(List.of("--rounds", quick ? "1" : what.equals("ops") ? "7" : "5"));
        arguments.addAll(List.of("--budget", quick ? "0.001" : what.equals("ops") ? "0.1" : "0.3"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private StepResult race(List<Race.Runner> runners, List<Race.Ratio> ratios, String precision) {
        // by PyTorch's default cuDNN may take TF32; this variable of NVIDIA's libraries keeps both from it
        Map<String, String> environment = precision.equals("fp32") ? Map.of("NVIDIA_TF32_OVERRIDE", "0") : Map.of();
        return new Race(runners, ratios, quick ? 1 : 2).run(runner -> {
            progress.accept(runner.name().replace('_', ' '));
            return runner.run((command, line) -> {
                if (deadline.isOver()) {
                    return Optional.of("not run, the step's time was over");
                }
                LimitedProcess.End end = LimitedProcess.run(command, environment, deadline, log, line);
                return end.good() ? Optional.empty() : Optional.of(problem(end));
            });
        });
    }

    /** Runs one of our processes; the members of its last line. */
    private LimitedProcess.End last(Class<?> main, List<String> arguments, Map<String, Object> line) {
        return process(Child.java(List.of(), main, arguments), printed -> members(printed, line));
    }

    private static void members(String printed, Map<String, Object> line) {
        if (printed.startsWith("{")) {
            line.clear();
            line.putAll(Json.object(printed));
        }
    }

    private LimitedProcess.End process(List<String> command, Consumer<String> line) {
        return LimitedProcess.run(command, Map.of(), deadline, log, line);
    }

    /** How a process ended, with the last thing it said. */
    private String problem(LimitedProcess.End end) {
        try {
            List<String> said = Files.readAllLines(log).stream()
                    .filter(text -> !text.isBlank())
                    .toList();
            return "the process " + end
                    + (said.isEmpty() ? "" : ": " + said.getLast().strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
