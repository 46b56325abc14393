package dev.lanewise.bench.fuzz.files;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads mutated files with one reader after another and prints a line before each and for every finding. It runs in a
 * process of its own with little memory: what it dies of, its parent sees.
 */
public final class FileFuzzChild {
    static final String AT = "at ";
    static final String FOUND = "found ";
    static final String DONE = "done ";

    private final FileCases cases;
    private final PrintStream out;

    private FileFuzzChild(FileCases cases, PrintStream out) {
        this.cases = cases;
        this.out = out;
    }

    /**
     * Runs.
     *
     * @param args a folder to work in, the seed, the number of files for each reader, the reader to begin with, empty for
     *     the first, and the number of its first file
     */
    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        FileFuzzChild child = new FileFuzzChild(new FileCases(Path.of(args[0])), out);
        long seed = Long.parseLong(args[1]);
        long count = Long.parseLong(args[2]);
        long first = Long.parseLong(args[4]);
        boolean begun = args[3].isEmpty();
        for (FuzzedReader reader : child.cases.readers()) {
            boolean begins = reader.name().equals(args[3]);
            begun |= begins;
            if (begun) {
                child.run(reader, seed, begins ? first : 0, count);
            }
        }
        // without waiting for threads that a reader may have started
        Runtime.getRuntime().halt(0);
    }

    private void run(FuzzedReader reader, long seed, long first, long count) throws IOException {
        // A file that is as it should be must be read, or mutations of it say nothing.
        for (byte[] good : reader.seeds()) {
            if (!cases.run(reader, good).read()) {
                found(reader, -1, "a good file is refused");
            }
        }
        long read = 0;
        for (long number = first; number < count; number++) {
            out.println(AT + reader.name() + " " + number);
            FileCases.Outcome outcome = cases.run(reader, reader.bytes(seed, number));
            read += outcome.read() ? 1 : 0;
            if (outcome.fault().isPresent()) {
                found(reader, number, outcome.fault().get());
            }
        }
        for (String name : cases.left()) {
            found(reader, count, "left the temporary file " + name);
        }
        out.println(DONE + reader.name() + " " + (count - first) + " " + read);
    }

    private void found(FuzzedReader reader, long number, String what) {
        out.println(FOUND + reader.name() + " " + number + ": " + what.replaceAll("\\s+", " "));
    }
}
