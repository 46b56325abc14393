package dev.lanewise.bench.fuzz.files;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Reads mutated files with one reader after another and prints a line before each and for every finding. It runs in a
 * process of its own with little memory: what it dies of, its parent sees.
 */
public final class FileFuzzChild {
    static final String AT = "at ";
    static final String FOUND = "found ";
    static final String DONE = "done ";

    private static final long SLOW_NANOS = 5_000_000_000L;

    private final Path folder;
    private final PrintStream out;

    private FileFuzzChild(Path folder, PrintStream out) {
        this.folder = folder;
        this.out = out;
    }

    /**
     * Runs.
     *
     * @param args a folder to work in, the seed, the number of files for each reader, the reader to begin with, and the
     *     number of its first file
     */
    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), true, StandardCharsets.UTF_8);
        FileFuzzChild child = new FileFuzzChild(Path.of(args[0]), out);
        long seed = Long.parseLong(args[1]);
        long count = Long.parseLong(args[2]);
        long first = Long.parseLong(args[4]);
        boolean begun = false;
        for (FuzzedReader reader : FuzzedReader.all()) {
            boolean begins = reader.name().equals(args[3]);
            begun |= begins;
            if (begun) {
                child.run(reader, seed, begins ? first : 0, count);
            }
        }
    }

    private void run(FuzzedReader reader, long seed, long first, long count) throws IOException {
        for (byte[] seedFile : reader.seeds()) {
            readSeed(reader, seedFile);
        }
        long read = 0;
        for (long number = first; number < count; number++) {
            Path file = folder.resolve("case" + reader.suffix());
            Files.write(file, reader.bytes(seed, number));
            out.println(AT + reader.name() + " " + number);
            long start = System.nanoTime();
            try {
                reader.reading().read(file);
                read++;
            } catch (Throwable thrown) {
                judge(reader, number, thrown);
            }
            if (System.nanoTime() - start > SLOW_NANOS) {
                found(reader, number, "read for more than 5 seconds");
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.getFileName().toString().endsWith(".tmp"))
                    .forEach(file -> found(reader, count, "left the temporary file " + file.getFileName()));
        }
        out.println(DONE + reader.name() + " " + (count - first) + " " + read);
    }

    /** A file that is as it should be must be read, or mutations of it say nothing. */
    private void readSeed(FuzzedReader reader, byte[] bytes) throws IOException {
        try {
            reader.reading().read(Files.write(folder.resolve("seed" + reader.suffix()), bytes));
        } catch (RuntimeException refused) {
            found(reader, -1, "a good file that is refused: " + refused);
        }
    }

    private void judge(FuzzedReader reader, long number, Throwable thrown) {
        String message = Objects.toString(thrown.getMessage());
        if (!reader.refusal().isInstance(thrown)) {
            StackTraceElement[] trace = thrown.getStackTrace();
            found(reader, number, thrown + (trace.length == 0 ? "" : " at " + trace[0]));
        } else if (message.lines().count() != 1 || !message.contains("; expected ")) {
            found(reader, number, "a message that isn't one line with found and expected: " + message);
        }
    }

    private void found(FuzzedReader reader, long number, String what) {
        out.println(FOUND + reader.name() + " " + number + ": " + what.replaceAll("\\s+", " "));
    }
}
