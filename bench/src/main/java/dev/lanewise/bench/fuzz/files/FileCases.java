package dev.lanewise.bench.fuzz.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Mutated files for all readers in turn, each fixed by a seed and its number. */
public final class FileCases {
    private static final long SLOW_NANOS = 5_000_000_000L;

    private static final List<FuzzedReader> READERS = FuzzedReader.all();

    private final Path folder;

    /** Cases whose files are written into a temporary folder. */
    public FileCases() throws IOException {
        this.folder = Files.createTempDirectory("lanewise-files");
    }

    /** The number of readers. */
    public static int readers() {
        return READERS.size();
    }

    /**
     * Writes a mutated file and reads it.
     *
     * @param number the case's position in the sequence, from 0; it selects the reader too
     * @param begins notified of the reader and the number of its file before the file is read
     * @return what is wrong, or empty
     */
    public Optional<String> run(long seed, long number, Consumer<String> begins) {
        FuzzedReader reader = READERS.get((int) (number % READERS.size()));
        long file = number / READERS.size();
        begins.accept(reader.name() + " file " + file);
        try {
            if (file == 0) {
                // a valid file must be read, or mutations of it mean nothing
                for (byte[] good : reader.seeds()) {
                    if (!run(reader, good).read()) {
                        return Optional.of(reader.name() + ": a good file is refused");
                    }
                }
            }
            return run(reader, reader.bytes(seed, file)).fault();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The outcome for a file: whether it was read, and what was wrong. */
    private record Outcome(boolean read, Optional<String> fault) {}

    private Outcome run(FuzzedReader reader, byte[] bytes) throws IOException {
        // a new file each time: some file systems write a truncated one to the disk at once
        Path file = folder.resolve("case" + reader.suffix());
        Files.deleteIfExists(file);
        Files.write(file, bytes);
        long start = System.nanoTime();
        boolean read = false;
        Optional<String> fault;
        try {
            reader.reading().read(file);
            read = true;
            fault = Optional.empty();
        } catch (Throwable thrown) {
            fault = judge(reader, thrown);
        }
        if (fault.isEmpty() && System.nanoTime() - start > SLOW_NANOS) {
            fault = Optional.of(reader.name() + ": read for more than 5 seconds");
        }
        if (fault.isEmpty()) {
            fault = left().map(name -> reader.name() + ": left the temporary file " + name);
        }
        return new Outcome(read, fault);
    }

    private static Optional<String> judge(FuzzedReader reader, Throwable thrown) {
        String message = Objects.toString(thrown.getMessage());
        if (reader.refusals().stream().noneMatch(refusal -> refusal.isInstance(thrown))) {
            StackTraceElement[] trace = thrown.getStackTrace();
            return Optional.of(reader.name() + ": " + thrown + (trace.length == 0 ? "" : " at " + trace[0]));
        }
        if (message.isEmpty() || message.chars().anyMatch(Character::isISOControl)) {
            return Optional.of(reader.name() + ": a message that isn't one plain line: " + message);
        }
        if (ModelReadings.saysExpected(thrown) && !message.contains("; expected ")) {
            return Optional.of(reader.name() + ": a message without what was expected: " + message);
        }
        return Optional.empty();
    }

    private Optional<String> left() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".tmp"))
                    .findFirst();
        }
    }
}
