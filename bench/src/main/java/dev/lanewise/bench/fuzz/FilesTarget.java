package dev.lanewise.bench.fuzz;

import dev.lanewise.bench.fuzz.files.FileCases;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Mutated files for every reader in turn. Faults are an exception of another type than the documented one, a message of
 * more than one line, a temporary file left behind, more than 5 seconds for a file, and the end or a hang of the
 * process.
 */
final class FilesTarget implements FuzzTarget {
    private final FileCases cases;

    FilesTarget() throws IOException {
        this.cases = new FileCases();
    }

    @Override
    public Optional<Fault> run(long seed, long number, Consumer<String> begins) {
        return cases.run(seed, number, begins).map(text -> new Fault("wrong refusal", text.replaceAll("\\s+", " ")));
    }
}
