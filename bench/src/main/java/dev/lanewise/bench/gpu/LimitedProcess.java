package dev.lanewise.bench.gpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A process whose lines are taken as they come and that is ended, with all it started, when its time is over. */
final class LimitedProcess {
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
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            note(log, e);
            return new End(NOT_STARTED, true);
        }
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
            try (BufferedReader reader = process.inputReader()) {
                for (String read = reader.readLine(); read != null; read = reader.readLine()) {
                    line.accept(read);
                }
            }
            int code = process.waitFor();
            watchdog.cancel(false);
            return new End(code, !late.get());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + command.getFirst(), e);
        }
    }

    private static void note(Path log, IOException reason) {
        try {
            Files.writeString(log, reason.getMessage() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
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
