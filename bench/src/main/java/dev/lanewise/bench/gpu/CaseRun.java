package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the cases in several processes at once, each of which takes every n-th; a process that a case has killed is
 * followed by another that continues after that case, a limited number of times.
 */
final class CaseRun {
    /** How often processes are restarted: more restarts would take up the time of everything else. */
    static final int RESTARTS = 8;

    private static final int FAILURES_SHOWN = 100;
    private static final long BETWEEN_LINES = 15_000_000_000L;

    /** Runs one process. */
    interface Runner {
        /**
         * Runs the cases of a shard from a number on.
         *
         * @param line takes what the process prints
         */
        LimitedProcess.End run(int shard, int shards, int from, Consumer<String> line);
    }

    /** How often each status came up. */
    private static final class Counts {
        int passed;
        int failed;
        int skipped;
    }

    private final Map<String, Counts> groups = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private final Consumer<String> progress;
    private final int sample;
    private int done;
    private int restarts;
    private int complete;
    private int shards = 1;
    private long said = System.nanoTime();

    /**
     * For one kind of cases.
     *
     * @param progress receives a line for display from time to time
     * @param sample of how many cases one is run
     */
    CaseRun(Consumer<String> progress, int sample) {
        this.progress = progress;
        this.sample = sample;
    }

    /** Runs the cases in so many processes at once. */
    StepResult run(int count, Runner runner) {
        synchronized (this) {
            shards = count;
        }
        List<CompletableFuture<Void>> running = IntStream.range(0, count)
                .mapToObj(shard -> CompletableFuture.runAsync(
                        () -> new Shard(shard).run(runner),
                        task -> Thread.ofPlatform().start(task)))
                .toList();
        running.forEach(CompletableFuture::join);
        return result();
    }

    /** The cases of one process at a time. */
    private final class Shard {
        private final int number;
        private @Nullable Map<String, Object> running;
        private int next;
        private boolean ended;

        Shard(int number) {
            this.number = number;
        }

        void run(Runner runner) {
            while (true) {
                int before = next;
                LimitedProcess.End end = runner.run(number, shards, next, this::take);
                Map<String, Object> interrupted = running;
                if (interrupted != null) {
                    count(interrupted, "failed", "its process " + end);
                }
                if (ended) {
                    return;
                }
                if (!end.inTime() || next == before || !mayRestart()) {
                    note(end.toString());
                    return;
                }
            }
        }

        private void take(String line) {
            if (!line.startsWith("{") || !line.endsWith("}")) {
                return;
            }
            Map<String, Object> fields = Json.object(line);
            Map<String, Object> begun = running;
            if (fields.containsKey("begin")) {
                running = fields;
            } else if (fields.containsKey("end") && begun != null) {
                count(begun, fields.get("status"), fields.getOrDefault("message", ""));
            } else if (fields.containsKey("total")) {
                ended = true;
                finish();
            }
        }

        private void count(Map<String, Object> begun, @Nullable Object status, Object message) {
            CaseRun.this.count(begun, status, message);
            next = Math.toIntExact((long) begun.getOrDefault("begin", 0L)) + 1;
            running = null;
        }
    }

    private synchronized boolean mayRestart() {
        return ++restarts <= RESTARTS;
    }

    private synchronized void finish() {
        complete++;
    }

    private synchronized void note(String end) {
        ends.add(restarts > RESTARTS ? end + ", after " + RESTARTS + " restarts" : end);
    }

    private synchronized void count(Map<String, Object> begun, @Nullable Object status, Object message) {
        Counts counts = groups.computeIfAbsent(String.valueOf(begun.get("group")), group -> new Counts());
        if ("passed".equals(status)) {
            counts.passed++;
        } else if ("skipped".equals(status)) {
            counts.skipped++;
        } else {
            counts.failed++;
            failures.add(begun.get("group") + " " + begun.get("name") + ": " + message);
        }
        done++;
        if (System.nanoTime() - said > BETWEEN_LINES) {
            said = System.nanoTime();
            progress.accept(done + " done, " + failures.size() + " failed: " + begun.get("group"));
        }
    }

    /** What there is so far. */
    synchronized StepResult result() {
        int passed = groups.values().stream().mapToInt(c -> c.passed).sum();
        int skipped = groups.values().stream().mapToInt(c -> c.skipped).sum();
        boolean whole = complete == shards;
        String summary = passed + " passed, " + failures.size() + " failed"
                + (skipped == 0 ? "" : ", " + skipped + " skipped")
                + (sample == 1 ? "" : ", one case of " + sample)
                + (whole ? "" : "; not all ran: the process " + String.join("; ", ends));
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
        boolean good = whole && failures.isEmpty() && passed > 0;
        return new StepResult(good ? StepResult.PASSED : StepResult.FAILED, summary, rows, List.copyOf(shown));
    }
}
