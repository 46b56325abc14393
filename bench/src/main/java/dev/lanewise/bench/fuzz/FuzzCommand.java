package dev.lanewise.bench.fuzz;

import dev.lanewise.examples.JsonLine;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise bench fuzz}. */
@Command(
        name = "fuzz",
        description =
                "Run random operations, files, requests and races in child processes: report crashes, hangs, wrong results and"
                        + " undocumented exceptions with the seed and number that reproduce them.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:nothing found", "1:something found", "2:wrong usage"},
        sortOptions = false)
public final class FuzzCommand implements Callable<Integer> {
    private static final int SHOWN_PER_GROUP = 3;
    private static final int PROGRESS_SECONDS = 10;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PART", arity = "0..*", description = "${COMPLETION-CANDIDATES}. Default: all of them.")
    private List<FuzzPart> parts = List.of(FuzzPart.values());

    @Option(names = "--seed", paramLabel = "N", description = "Selects the sequence of cases. Default: 1.")
    private long seed = 1;

    @Option(names = "--first", paramLabel = "N", description = "The number of the first case. Default: 0.")
    private long first;

    @Option(names = "--count", paramLabel = "N", description = "How many cases of each part.")
    private @Nullable Long count;

    @Option(names = "--processes", paramLabel = "N", description = "Child processes at a time. Default: all cores.")
    private int processes = Runtime.getRuntime().availableProcessors();

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "After how long a case counts as hanging.")
    private @Nullable Integer timeout;

    @Option(names = "--json", description = "Print one JSON object per line: each finding, and a summary of each part.")
    private boolean json;

    private final Map<String, Integer> groups = new HashMap<>();

    /** The command; picocli sets its options. */
    public FuzzCommand() {}

    @Override
    public Integer call() {
        if (processes < 1 || first < 0 || count != null && count < 0 || timeout != null && timeout < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--processes " + processes + " --first " + first + " --count " + count + " --timeout " + timeout
                            + " (expected 1 or more processes and seconds, and numbers of 0 or more)");
        }
        int found = 0;
        for (FuzzPart part : parts) {
            found += run(part);
        }
        return found == 0 ? 0 : 1;
    }

    private int run(FuzzPart part) {
        groups.clear();
        int[] found = {0};
        long cases = count == null ? part.usualCount() : count;
        long start = System.nanoTime();
        FuzzRun run = new FuzzRun(part.target(), seed, timeout == null ? part.secondsPerCase() : timeout, finding -> {
            synchronized (groups) {
                found[0]++;
                show(part, finding);
            }
        });
        share(run, part, cases, found);
        double seconds = (System.nanoTime() - start) / 1e9;
        summarize(part, cases, found[0], seconds);
        return found[0];
    }

    /** Each process takes a range of its own; the cases do not depend on the number of processes. */
    private void share(FuzzRun run, FuzzPart part, long cases, int[] found) {
        int shares = (int) Math.min(processes, Math.max(1, cases));
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < shares; i++) {
                long from = first + cases * i / shares;
                long to = first + cases * (i + 1) / shares;
                running.add(pool.submit(() -> run.run(from, to)));
            }
            for (Future<?> future : running) {
                await(future, run, part, cases, found);
            }
        }
    }

    private void await(Future<?> future, FuzzRun run, FuzzPart part, long cases, int[] found) {
        while (true) {
            try {
                future.get(PROGRESS_SECONDS, TimeUnit.SECONDS);
                return;
            } catch (TimeoutException e) {
                spec.commandLine()
                        .getErr()
                        .println(part + ": " + run.done() + " of " + cases + ", " + found[0] + " found");
                spec.commandLine().getErr().flush();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("fuzz: interrupted", e);
            }
        }
    }

    private void show(FuzzPart part, FuzzFinding finding) {
        PrintWriter out = spec.commandLine().getOut();
        int before = groups.merge(finding.group(), 1, Integer::sum);
        if (json) {
            out.println(JsonLine.of(finding.fields(part, seed)));
        } else if (before <= SHOWN_PER_GROUP) {
            out.println(finding.line(part, seed));
        }
        out.flush();
    }

    private void summarize(FuzzPart part, long cases, int found, double seconds) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("part", part.toString());
            line.put("seed", seed);
            line.put("cases", cases);
            line.put("found", found);
            line.put("seconds", seconds);
            out.println(JsonLine.of(line));
        } else {
            groups.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(group -> out.println(part + ": " + group.getValue() + " x " + group.getKey()));
            out.printf(
                    Locale.ROOT,
                    "%s: %d cases of seed %d in %.0f s (%.0f per second), %d found%n",
                    part,
                    cases,
                    seed,
                    seconds,
                    cases / seconds,
                    found);
        }
        out.flush();
    }
}
