package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Runs {@link CaseProcess} until it has run all cases, again behind every case that took its process along. */
final class CaseRun {
    private static final int PROCESSES = 50;
    private static final int FAILURES_SHOWN = 100;
    private static final long BETWEEN_LINES = 15_000_000_000L;

    /** How often each status came up. */
    private static final class Counts {
        int passed;
        int failed;
        int skipped;
    }

    private final Map<String, Counts> groups = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Consumer<String> progress;
    private @Nullable Map<String, Object> running;
    private int next;
    private boolean complete;
    private long said = System.nanoTime();

    /**
     * For one kind of cases.
     *
     * @param progress takes a line for people now and then
     */
    CaseRun(Consumer<String> progress) {
        this.progress = progress;
    }

    /**
     * Runs the cases.
     *
     * @param process runs the cases from a number on and hands their lines to {@link #take}
     */
    StepResult run(IntFunction<LimitedProcess.End> process) {
        String end = "";
        for (int i = 0; i < PROCESSES && !complete; i++) {
            int before = next;
            LimitedProcess.End ended = process.apply(next);
            Map<String, Object> interrupted = running;
            if (interrupted != null) {
                count(interrupted, "failed", "its process " + ended);
            }
            end = ended.toString();
            if (!ended.inTime() || next == before) {
                break;
            }
        }
        return result(end);
    }

    /** Takes a line of the process. */
    void take(String line) {
        if (!line.startsWith("{") || !line.endsWith("}")) {
            return;
        }
        Map<String, Object> fields = Json.object(line);
        Map<String, Object> begun = running;
        if (fields.containsKey("begin")) {
            running = fields;
        } else if (fields.containsKey("end") && begun != null) {
            count(begun, fields.get("status"), fields.getOrDefault("message", ""));
        } else {
            complete |= fields.containsKey("total");
        }
    }

    private void count(Map<String, Object> begun, @Nullable Object status, Object message) {
        Counts counts = groups.computeIfAbsent(String.valueOf(begun.get("group")), group -> new Counts());
        if ("passed".equals(status)) {
            counts.passed++;
        } else if ("skipped".equals(status)) {
            counts.skipped++;
        } else {
            counts.failed++;
            failures.add(begun.get("group") + " " + begun.get("name") + ": " + message);
        }
        if (System.nanoTime() - said > BETWEEN_LINES) {
            said = System.nanoTime();
            progress.accept((next + 1) + " done, " + failures.size() + " failed: " + begun.get("group"));
        }
        next = Math.toIntExact((long) begun.getOrDefault("begin", 0L)) + 1;
        running = null;
    }

    private StepResult result(String end) {
        int passed = groups.values().stream().mapToInt(c -> c.passed).sum();
        int skipped = groups.values().stream().mapToInt(c -> c.skipped).sum();
        String summary = passed + " passed, " + failures.size() + " failed"
                + (skipped == 0 ? "" : ", " + skipped + " skipped")
                + (complete ? "" : "; not all ran: the process " + end);
        List<Map<String, Object>> rows = new ArrayList<>();
        groups.forEach((group, counts) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("group", group);
            row.put("passed", counts.passed);
            row.put("failed", counts.failed);
            row.put("skipped", counts.skipped);
            rows.add(row);
        });
        List<String> shown = failures.subList(0, Math.min(failures.size(), FAILURES_SHOWN));
        boolean good = complete && failures.isEmpty() && passed > 0;
        return new StepResult(good ? StepResult.PASSED : StepResult.FAILED, summary, rows, List.copyOf(shown));
    }
}
