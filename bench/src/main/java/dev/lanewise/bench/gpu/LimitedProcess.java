package dev.lanewise.bench.gpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A process whose lines are taken as they come and that is ended, with all it started, when its time is over. */
final class LimitedProcess {
    /**
     * How long a process that was killed is waited for, which one that hangs in a driver may never end by, and its output,
     * which something that it started and that nobody knows of any more may hold open.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** The exit code of a process that was killed, as shells have it. */
    private static final int KILLED = 137;

    private LimitedProcess() {}

    /** The exit code of a command that can't be started, as shells have it; the reason is in the log. */
    static final int NOT_STARTED = 127;

    /**
     * How it ended.
     *
     * @param code the exit code
     * @param inTime whether it ended by itself
     */
    record End(int code, boolean inTime) {
        boolean good() {
            return inTime && code == 0;
        }

        @Override
        public String toString() {
            return inTime ? "ended with " + code : "was stopped by its time limit";
        }
    }

    /**
     * Runs a command.
     *
     * @param environment variables to add
     * @param deadline when to end it
     * @param log where its errors go
     * @param line takes each line of its output
     */
    static End run(
            List<String> command, Map<String, String> environment, Deadline deadline, Path log, Consumer<String> line) {
        return run(command, environment, deadline, PATIENCE, log, line);
    }

    /** The same with another patience with what was ended. */
    static End run(
            List<String> command,
            Map<String, String> environment,
            Deadline deadline,
            Duration patience,
            Path log,
            Consumer<String> line) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            note(log, String.valueOf(e.getMessage()));
            return new End(NOT_STARTED, true);
        }
        Lines lines = new Lines(process, line);
        try {
            process.getOutputStream().close();
            Executor later = CompletableFuture.delayedExecutor(deadline.millisLeft(), TimeUnit.MILLISECONDS);
            // set before the process ends by it: the future itself is done only some time after
            AtomicBoolean late = new AtomicBoolean();
            CompletableFuture<Void> watchdog = CompletableFuture.runAsync(
                    () -> {
                        late.set(true);
                        end(process);
                    },
                    later);
            boolean ended = process.waitFor(deadline.millisLeft() + patience.toMillis(), TimeUnit.MILLISECONDS);
            if (!lines.end(ended ? patience : Duration.ZERO)) {
                note(log, "its output is still open: " + (ended ? "it left something running" : "it can't be ended"));
            }
            watchdog.cancel(false);
            return ended ? new End(process.exitValue(), !late.get()) : new End(KILLED, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + command.getFirst(), e);
        }
    }

    /** What a process prints, taken by a thread of its own. */
    private static final class Lines {
        private final Process process;
        private final Consumer<String> line;
        private final CompletableFuture<Void> reading;
        private boolean givenUp;

        Lines(Process process, Consumer<String> line) {
            this.process = process;
            this.line = line;
            reading = CompletableFuture.runAsync(
                    this::read, task -> Thread.ofPlatform().daemon().start(task));
        }

        /** Waits for the last line of a process that has ended; without it within so much time, no more are taken. */
        boolean end(Duration patience) throws InterruptedException {
            try {
                reading.get(patience.toMillis(), TimeUnit.MILLISECONDS);
                return true;
            } catch (TimeoutException e) {
                synchronized (this) {
                    givenUp = true;
                }
                return false;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException problem) {
                    throw problem;
                }
                throw new IllegalStateException(e);
            }
        }

        private void read() {
            try (BufferedReader reader = process.inputReader()) {
                for (String read = reader.readLine(); read != null; read = reader.readLine()) {
                    accept(read);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (RuntimeException e) {
                // nobody takes the rest
                LimitedProcess.end(process);
                throw e;
            }
        }

        private synchronized void accept(String read) {
            if (!givenUp) {
                line.accept(read);
            }
        }
    }

    private static void note(Path log, String reason) {
        try {
            Files.writeString(log, reason + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        // Process itself would close its streams, too: whoever reads lines would miss the last, and fail
        process.toHandle().destroyForcibly();
    }
}
