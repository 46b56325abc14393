package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Measurements;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs the same work by several programs in turn, never two at once, and compares the best times. */
final class Race {
    /** How often programs are restarted in all: more restarts would take up the time of everything else. */
    static final int RESTARTS = 8;

    private final List<Runner> runners;
    private final List<Ratio> ratios;
    private final int turns;
    private final Map<String, List<String>> lines = new LinkedHashMap<>();
    private final Set<String> failures = new LinkedHashSet<>();
    private int restarts;

    /**
     * A race.
     *
     * @param runners who runs
     * @param ratios what to compare
     * @param turns how often each runs; every second turn goes the other way round
     */
    Race(List<Runner> runners, List<Ratio> ratios, int turns) {
        this.runners = runners;
        this.ratios = ratios;
        this.turns = turns;
    }

    /**
     * A program.
     *
     * @param name its column
     * @param command prints measurements as lines of JSON, of some works only with {@code --only}
     * @param works the names of all works in their order
     */
    record Runner(String name, List<String> command, List<String> works) {
        /**
         * Runs the program, and again behind every work that it fails at.
         *
         * @param mayRestart asked before every run but the first
         * @param process runs a command, hands it its lines and says what went wrong, if anything did
         */
        Run run(BooleanSupplier mayRestart, BiFunction<List<String>, Consumer<String>, Optional<String>> process) {
            List<String> lines = new ArrayList<>();
            List<String> problems = new ArrayList<>();
            List<String> left = new ArrayList<>(works);
            List<String> next = command;
            while (true) {
                Optional<String> problem = process.apply(next, line -> {
                    // a program that is ended may leave half a line
                    if (line.startsWith("{") && line.endsWith("}")) {
                        lines.add(line);
                    }
                });
                Measurements.parse(name, lines).seconds().keySet().forEach(work -> left.remove(work.split(" ", 2)[0]));
                if (problem.isEmpty() || left.isEmpty()) {
                    problem.ifPresent(problems::add);
                    return new Run(lines, problems);
                }
                problems.add(left.removeFirst() + ": " + problem.get());
                if (left.isEmpty()) {
                    return new Run(lines, problems);
                }
                if (!mayRestart.getAsBoolean()) {
                    problems.add("not run, after " + RESTARTS + " restarts: " + String.join(", ", left));
                    return new Run(lines, problems);
                }
                next = new ArrayList<>(command);
                next.addAll(List.of("--only", String.join(",", left)));
            }
        }
    }

    /**
     * A column: the peer's time over ours.
     *
     * @param name of the column
     * @param ours a runner
     * @param peer a runner
     */
    record Ratio(String name, String ours, String peer) {}

    /**
     * Runs all.
     *
     * @param process runs a program once
     */
    StepResult run(Function<Runner, Run> process) {
        for (int turn = 0; turn < turns; turn++) {
            // the order alternates, so that a machine that becomes slower or faster favours none
            List<Runner> order = new ArrayList<>(runners);
            if (turn % 2 == 1) {
                Collections.reverse(order);
            }
            for (Runner runner : order) {
                take(runner, process.apply(runner));
            }
        }
        return result();
    }

    /** Whether a program that failed may be run once more. */
    synchronized boolean mayRestart() {
        return ++restarts <= RESTARTS;
    }

    private synchronized void take(Runner runner, Run run) {
        lines.computeIfAbsent(runner.name, name -> new ArrayList<>()).addAll(run.lines);
        run.problems.forEach(problem -> failures.add(runner.name.replace('_', ' ') + ": " + problem));
    }

    /** What there is so far. */
    synchronized StepResult result() {
        Map<String, Measurements> measured = new LinkedHashMap<>();
        lines.forEach((name, printed) -> measured.put(name, Measurements.parse(name, printed)));
        return result(measured, List.copyOf(failures));
    }

    /**
     * One run of a program.
     *
     * @param lines what it printed
     * @param problems what went wrong
     */
    record Run(List<String> lines, List<String> problems) {}

    private StepResult result(Map<String, Measurements> measured, List<String> failures) {
        Set<String> works = new LinkedHashSet<>();
        measured.values().forEach(m -> works.addAll(m.seconds().keySet()));
        List<Map<String, Object>> rows = new ArrayList<>();
        Map<String, List<Double>> columns = new LinkedHashMap<>();
        for (String work : works) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("work", work);
            measured.forEach((name, m) -> {
                Double seconds = m.seconds().get(work);
                if (seconds != null) {
                    row.put(name + "_us", seconds * 1e6);
                }
            });
            for (Ratio ratio : ratios) {
                Object ours = row.get(ratio.ours + "_us");
                Object peer = row.get(ratio.peer + "_us");
                if (ours instanceof Double a && peer instanceof Double b) {
                    row.put(ratio.name, b / a);
                    columns.computeIfAbsent(ratio.name, name -> new ArrayList<>())
                            .add(b / a);
                }
            }
            rows.add(row);
        }
        boolean good = failures.isEmpty() && columns.size() == ratios.size();
        return new StepResult(good ? StepResult.PASSED : StepResult.FAILED, summary(columns), rows, failures);
    }

    private static String summary(Map<String, List<Double>> columns) {
        List<String> parts = new ArrayList<>();
        columns.forEach((name, ratios) -> parts.add(String.format(
                Locale.ROOT,
                "%s %.2f to %.2f, geometric mean %.2f",
                name.replace('_', ' '),
                Collections.min(ratios),
                Collections.max(ratios),
                Math.exp(ratios.stream().mapToDouble(Math::log).average().orElse(Double.NaN)))));
        return parts.isEmpty() ? "nothing to compare" : String.join("; ", parts);
    }
}
