package dev.lanewise.bench.gpu;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the results so far written: those of the current step every few seconds, and at the end of the process, however
 * it ends. A process that is killed leaves what was written last.
 */
final class Keeper implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofSeconds(5);

    private final Report report;
    private final Archive archive;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("gpu-check-results").factory());
    private final Thread atExit = new Thread(this::end, "gpu-check-exit");
    private Map<String, Object> facts = Map.of();
    private @Nullable GpuStep running;
    private @Nullable Supplier<StepResult> soFar;
    private long start;
    private boolean isOver;
    private String problem = "";

    Keeper(Report report, Archive archive) {
        this.report = report;
        this.archive = archive;
        Future<?> untilClosed = clock.scheduleWithFixedDelay(
                this::writeStopped, BETWEEN.toMillis(), BETWEEN.toMillis(), TimeUnit.MILLISECONDS);
        assert !untilClosed.isCancelled();
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** What the report says of the machine. */
    synchronized void facts(Map<String, Object> collected) {
        facts = collected;
        start = System.nanoTime();
        tryTo(() -> report.save(collected));
    }

    /** Who says what there is of a step that has begun. */
    synchronized void watch(GpuStep begun, Supplier<StepResult> source) {
        running = begun;
        soFar = source;
    }

    /** What became of a step. */
    synchronized void done(GpuStep step, StepResult result) {
        if (isOver) {
            return; // it ended because its processes were
        }
        save(step, result);
        running = null;
        soFar = null;
        start = System.nanoTime();
    }

    /** Writes everything; returns the files for people, none if they can't be written. */
    synchronized List<Path> write() {
        List<Path> written = new ArrayList<>();
        tryTo(() -> {
            written.addAll(report.write());
            if (!isOver) {
                archive.write();
            }
            written.add(archive.file());
        });
        return problem.isEmpty() ? written : List.of();
    }

    /** Why the last attempt to write failed; empty if it did not. */
    synchronized String problem() {
        return problem;
    }

    private void save(GpuStep step, StepResult result) {
        tryTo(() -> report.save(step, result, facts, (System.nanoTime() - start) / 1e9));
    }

    /** A full disk ends neither the steps, whose results are printed too, nor later attempts. */
    private void tryTo(Runnable writing) {
        try {
            writing.run();
            problem = "";
        } catch (UncheckedIOException e) {
            problem = String.valueOf(e.getMessage());
        }
    }

    /** Writes everything with what there is of the step on its way. */
    private synchronized void writeStopped() {
        GpuStep begun = running;
        Supplier<StepResult> source = soFar;
        if (begun != null && source != null) {
            save(begun, source.get().stopped());
        }
        write();
    }

    /** The end before the end of the steps: what they started must not go on computing. */
    private void end() {
        synchronized (this) {
            writeStopped();
            isOver = true;
        }
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    }

    /** The results have been written. */
    @Override
    public void close() {
        clock.shutdown();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // the process ends already, and the hook has run
            return;
        }
    }
}
