package dev.lanewise.bench.fuzz.files;

import dev.lanewise.bench.Child;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Gives every reader mutated files, in a child process with a small heap. A finding is an exception of another type than the
 * documented one, a message of more than a line, a temporary file left behind, more than 5 seconds for a file, and the end
 * of the process: by a crash, for want of memory, or because it was killed after a minute on one file.
 */
public final class FileFuzz {
    private static final long HANGS_SECONDS = 60;

    private final long seed;
    private final long count;
    private final PrintStream out;
    private long findings;
    private String reader = "";
    private long number;

    private FileFuzz(long seed, long count, PrintStream out) {
        this.seed = seed;
        this.count = count;
        this.out = out;
    }

    /**
     * Runs to the end and prints findings as they come, and a line for each reader.
     *
     * @param seed the same seed gives the same files
     * @param count the number of files for each reader
     * @return the number of findings
     */
    public static long run(long seed, long count, PrintStream out) {
        FileFuzz fuzz = new FileFuzz(seed, count, out);
        try {
            Path folder = Files.createTempDirectory("lanewise-fuzz");
            try {
                boolean ended = false;
                while (!ended) {
                    ended = fuzz.child(folder);
                }
            } finally {
                delete(folder);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return fuzz.findings;
    }

    /** Runs a child from where the one before it died; whether it came to its end. */
    private boolean child(Path folder) throws IOException {
        List<String> command = Child.java(
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"),
                FileFuzzChild.class,
                List.of(folder.toString(), Long.toString(seed), Long.toString(count), reader, Long.toString(number)));
        Process process =
                new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
        try (BufferedReader lines = process.inputReader();
                Watchdog watchdog = new Watchdog(process)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                watchdog.alive();
                take(line);
            }
            int code = process.waitFor();
            if (code == 0) {
                return true;
            }
            finding(reader + " " + number + ": the process ended with " + code);
            number++;
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return true;
        } finally {
            process.destroyForcibly();
        }
    }

    private void take(String line) {
        if (line.startsWith(FileFuzzChild.AT)) {
            int space = line.lastIndexOf(' ');
            reader = line.substring(FileFuzzChild.AT.length(), space);
            number = Long.parseLong(line.substring(space + 1));
        } else if (line.startsWith(FileFuzzChild.FOUND)) {
            finding(line.substring(FileFuzzChild.FOUND.length()));
        } else if (line.startsWith(FileFuzzChild.DONE)) {
            String[] words = line.substring(FileFuzzChild.DONE.length()).split(" ", -1);
            out.println(words[0] + ": " + words[1] + " files, " + words[2] + " of them read, the others refused");
        }
    }

    private void finding(String what) {
        findings++;
        out.println("FOUND " + what);
    }

    /** Kills a process that says nothing for too long. */
    private static final class Watchdog implements AutoCloseable {
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().factory());
        private volatile long last = System.nanoTime();

        Watchdog(Process process) {
            ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(() -> check(process), 1, 1, TimeUnit.SECONDS);
        }

        private void check(Process process) {
            if (System.nanoTime() - last > TimeUnit.SECONDS.toNanos(HANGS_SECONDS)) {
                process.destroyForcibly();
            }
        }

        void alive() {
            last = System.nanoTime();
        }

        @Override
        public void close() {
            timer.shutdownNow();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
