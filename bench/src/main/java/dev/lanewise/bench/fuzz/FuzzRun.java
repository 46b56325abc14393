package dev.lanewise.bench.fuzz;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs one child process after the other over a range of cases: after a case that kills its process, the next one
 * continues.
 */
final class FuzzRun {
    /** What hostile sizes request beyond this is refused at once, and less than this is computed in seconds. */
    private static final long MEMORY_BYTES = 2L << 30;

    /** Enough for the cases, and too little for what hostile sizes request. */
    private static final long ADDRESS_SPACE_KIB = 6L << 20;

    private static final long POLL_MILLIS = 200;
    private static final int SECONDS_TO_START = 120;

    private final Class<? extends FuzzTarget> target;
    private final long seed;
    private final int secondsPerCase;
    private final Consumer<FuzzFinding> findings;
    private final AtomicLong done = new AtomicLong();

    FuzzRun(Class<? extends FuzzTarget> target, long seed, int secondsPerCase, Consumer<FuzzFinding> findings) {
        this.target = target;
        this.seed = seed;
        this.secondsPerCase = secondsPerCase;
        this.findings = findings;
    }

    /** How many cases have run. */
    long done() {
        return done.get();
    }

    /** Runs the cases from one number to another (exclusive). */
    void run(long first, long end) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("lanewise-fuzz");
            long next = first;
            while (next < end) {
                next = child(folder, next, end);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            delete(folder);
        }
    }

    /** Runs a process; returns the number of the first case that it left. */
    private long child(Path folder, long first, long end) throws IOException, InterruptedException {
        CaseFile file = CaseFile.of(folder.resolve("case"));
        file.clear();
        Process process = new ProcessBuilder(command(folder, first, end))
                .redirectError(Redirect.to(folder.resolve("errors").toFile()))
                .start();
        Thread reader = Thread.ofVirtual().start(() -> read(process));
        boolean late;
        try {
            late = watch(process, file, first, end);
        } finally {
            // Process itself would close what it has printed, perhaps before the reader has all of it
            process.toHandle().destroyForcibly();
        }
        process.waitFor();
        reader.join();
        long running = file.number();
        if (running == end) {
            return end;
        }
        if (running < first) {
            throw new IllegalStateException("fuzz: the process ended with " + process.exitValue()
                    + " before its first case: " + errors(folder));
        }
        String kind = late ? "hang" : "crash";
        String seen = late ? "nothing within " + secondsPerCase + " s" : crash(folder, process.exitValue());
        findings.accept(new FuzzFinding(running, kind, file.text() + ": " + seen));
        return running + 1;
    }

    /** Waits for the end; returns whether a case took too long. */
    private boolean watch(Process process, CaseFile file, long first, long end) throws InterruptedException {
        long counted = first;
        long begun = System.nanoTime();
        long seen = file.number();
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            long now = file.number();
            if (now != seen) {
                seen = now;
                begun = System.nanoTime();
                counted = count(counted, now);
            } else if (System.nanoTime() - begun > limitNanos(now < first) && now < end) {
                count(counted, now + 1);
                return true;
            }
        }
        count(counted, Math.min(file.number() + 1, end));
        return false;
    }

    private long limitNanos(boolean starts) {
        return TimeUnit.SECONDS.toNanos(starts ? SECONDS_TO_START : secondsPerCase);
    }

    private long count(long before, long reached) {
        done.addAndGet(Math.max(0, reached - before));
        return Math.max(before, reached);
    }

    private List<String> command(Path folder, long first, long end) {
        List<String> command = new ArrayList<>();
        if (System.getProperty("os.name").equals("Linux")) {
            command.addAll(List.of("sh", "-c", "ulimit -v " + ADDRESS_SPACE_KIB + "; exec \"$@\"", "sh"));
        }
        List<String> flags = List.of(
                "-Xmx512m",
                "-XX:CompressedClassSpaceSize=64m",
                "-XX:ReservedCodeCacheSize=128m",
                "-XX:-CreateCoredumpOnCrash",
                "-Djava.awt.headless=true",
                "-Djava.io.tmpdir=" + folder,
                "-XX:ErrorFile=" + folder.resolve("crash"),
                "-Dlanewise.memory=" + MEMORY_BYTES,
                "-Dlanewise.threads=2");
        command.addAll(Child.java(
                flags,
                FuzzProcess.class,
                List.of(
                        target.getName(),
                        Long.toString(seed),
                        Long.toString(first),
                        Long.toString(end),
                        folder.resolve("case").toString())));
        return command;
    }

    private void read(Process process) {
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().filter(line -> line.startsWith("{\"case\"")).forEach(line -> {
                Map<String, Object> fields = Json.object(line);
                findings.accept(new FuzzFinding(
                        (long) fields.getOrDefault("case", -1L),
                        fields.getOrDefault("kind", "").toString(),
                        fields.getOrDefault("text", "").toString()));
            });
        } catch (IOException | UncheckedIOException ended) {
            // the process was ended while it printed
        }
    }

    /** What the JVM recorded about its end: the signal and the frame. */
    private static String crash(Path folder, int code) throws IOException {
        Path report = folder.resolve("crash");
        if (!Files.exists(report)) {
            return "the process ended with " + code + ": " + errors(folder);
        }
        List<String> lines = Files.readAllLines(report);
        Files.delete(report);
        List<String> said = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith("#  ")) {
                said.add(line.substring(1).strip());
            } else if (line.startsWith("# Problematic frame") && i + 1 < lines.size()) {
                said.add(lines.get(i + 1).substring(1).strip());
            } else if (line.startsWith("J ") || line.startsWith("j ")) {
                if (line.contains("dev.lanewise") && said.size() < 5) {
                    said.add(line.strip());
                }
            }
        }
        return String.join("; ", said);
    }

    private static String errors(Path folder) throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("errors"))) {
            return String.join(
                    " ",
                    lines.filter(line -> !line.startsWith("WARNING")).limit(5).toList());
        }
    }

    private static void delete(@Nullable Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
