package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Measurements;
import dev.lanewise.nn.io.BadFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Runs the same work by several programs in turn, never two at once, and compares the best times. */
final class Race {
    /** How often programs are restarted in all: more restarts would take up the time of everything else. */
    static final int RESTARTS = 8;

    private final List<Runner> runners;
    private final List<Ratio> ratios;
    private final int turns;
    private final Map<String, Map<String, Double>> measured = new LinkedHashMap<>();
    private final Set<String> failures = new LinkedHashSet<>();
    private int restarts;
    private int lastTurn;

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

    /** Who runs, in the order of the first turn. */
    List<Runner> runners() {
        return runners;
    }

    /** How often each runs at most. */
    int turns() {
        return turns;
    }

    /**
     * A program.
     *
     * @param name its column
     * @param command prints measurements as lines of JSON, of some works only with {@code --only}
     * @param works the names of all works in their order
     */
    record Runner(String name, List<String> command, List<String> works) {}

    /** Runs commands. */
    interface Commands {
        /**
         * Runs a command.
         *
         * @param runner whose it is
         * @param line takes what it prints, as it comes
         * @return what went wrong, if anything did
         */
        Optional<String> run(Runner runner, List<String> command, Consumer<String> line);
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
     * Runs all; another turn only if there is time for one that takes as long as the longest.
     *
     * @param deadline when the time of all is over
     */
    StepResult run(Deadline deadline, Commands commands) {
        long longest = 0;
        for (int turn = 0; turn < turns; turn++) {
            if (turn > 0 && deadline.millisLeft() < longest / 1_000_000) {
                endAfter(turn);
                break;
            }
            long start = System.nanoTime();
            // the order alternates, so that a machine that becomes slower or faster favours none
            for (Runner runner : turn % 2 == 0 ? runners : runners.reversed()) {
                run(runner, commands);
            }
            longest = Math.max(longest, System.nanoTime() - start);
        }
        return result();
    }

    /** Runs a program, and again behind every work that it fails at. */
    private void run(Runner runner, Commands commands) {
        List<String> left = new ArrayList<>(runner.works);
        List<String> next = runner.command;
        while (true) {
            Optional<String> problem = commands.run(
                    runner, next, line -> take(runner, line).forEach(work -> left.remove(work.split(" ", 2)[0])));
            if (problem.isEmpty() || left.isEmpty()) {
                problem.ifPresent(said -> fail(runner, said));
                return;
            }
            fail(runner, left.removeFirst() + ": " + problem.get());
            if (left.isEmpty()) {
                return;
            }
            if (!mayRestart()) {
                fail(runner, "not run, after " + RESTARTS + " restarts: " + String.join(", ", left));
                return;
            }
            next = new ArrayList<>(runner.command);
            next.addAll(List.of("--only", String.join(",", left)));
        }
    }

    private synchronized boolean mayRestart() {
        return ++restarts <= RESTARTS;
    }

    private synchronized void fail(Runner runner, String problem) {
        failures.add(runner.name.replace('_', ' ') + ": " + problem);
    }

    private synchronized void endAfter(int turn) {
        lastTurn = turn;
    }

    /** Takes a line as it comes, so that a run that is cut off has what was measured; returns the works measured by it. */
    private Set<String> take(Runner runner, String line) {
        // a program that is ended may leave half a line
        if (!line.startsWith("{") || !line.endsWith("}")) {
            return Set.of();
        }
        Map<String, Double> seconds;
        try {
            seconds = Measurements.parse(runner.name, List.of(line)).seconds();
        } catch (BadFileException e) {
            fail(runner, String.valueOf(e.getMessage()));
            return Set.of();
        }
        synchronized (this) {
            Map<String, Double> best = measured.computeIfAbsent(runner.name, name -> new LinkedHashMap<>());
            seconds.forEach((work, time) -> best.merge(work, time, Math::min));
        }
        return seconds.keySet();
    }

    /** What there is so far. */
    synchronized StepResult result() {
        Set<String> works = new LinkedHashSet<>();
        measured.values().forEach(best -> works.addAll(best.keySet()));
        List<Map<String, Object>> rows = new ArrayList<>();
        Map<String, List<Double>> columns = new LinkedHashMap<>();
        for (String work : works) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("work", work);
            measured.forEach((name, best) -> {
                Double seconds = best.get(work);
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
        return new StepResult(
                good ? StepResult.PASSED : StepResult.FAILED, summary(columns), rows, List.copyOf(failures));
    }

    private String summary(Map<String, List<Double>> columns) {
        List<String> parts = new ArrayList<>();
        columns.forEach((name, ratios) -> parts.add(String.format(
                Locale.ROOT,
                "%s %.2f to %.2f, geometric mean %.2f",
                name.replace('_', ' '),
                Collections.min(ratios),
                Collections.max(ratios),
                Math.exp(ratios.stream().mapToDouble(Math::log).average().orElse(Double.NaN)))));
        String compared = parts.isEmpty() ? "nothing to compare" : String.join("; ", parts);
        return lastTurn == 0 ? compared : compared + "; no time was left after turn " + lastTurn + " of " + turns;
    }
}
