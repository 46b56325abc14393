package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.testkit.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A training that is asked to end by a signal saves, and goes on bit for bit. */
final class InterruptionTest {
    @TempDir
    private Path folder;

    private List<String> arguments(String save, int epochs, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "train", "text-classifier", "--encoder", "lstm", "--data", "synthetic", "--limit", "200", "--batch"));
        arguments.addAll(List.of("8", "--epochs", Integer.toString(epochs), "--json"));
        arguments.addAll(List.of("--save", folder.resolve(save).toString()));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private Process start(List<String> arguments) throws IOException {
        return new ProcessBuilder(ChildJvm.command(List.of(), Main.class, arguments)).start();
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void anInterruptedTrainingSavesAndGoesOnAsIfNothingHadHappened() throws IOException, InterruptedException {
        // it can't end by itself before the signal comes
        Process process = start(arguments("part", 1_000_000));
        String error;
        try (BufferedReader out = process.inputReader();
                BufferedReader err = process.errorReader()) {
            assertThat(String.valueOf(out.readLine())).contains("\"epoch\":1");
            // else it would wait for its reader in the end
            Thread rest = Thread.ofPlatform().start(() -> out.lines().forEach(line -> {}));
            // by its handle: Process.destroy closes the streams as well
            process.toHandle().destroy();
            error = String.join(
                    "\n",
                    err.lines().filter(line -> !line.startsWith("WARNING")).toList());
            rest.join();
        }
        assertThat(process.waitFor()).as(error).isNotZero();
        Matcher interrupted = Pattern.compile("interrupted in epoch (\\d+) after \\d+ of 25 batches; saved .*part")
                .matcher(error);
        assertThat(interrupted.matches()).as(error).isTrue();
        int epochs = Integer.parseInt(interrupted.group(1)) + 1;
        assertThat(Main.run(arguments(
                                "resumed",
                                epochs,
                                "--resume",
                                folder.resolve("part").toString())
                        .toArray(String[]::new)))
                .isZero();
        assertThat(Main.run(arguments("straight", epochs).toArray(String[]::new)))
                .isZero();
        assertThat(Files.mismatch(folder.resolve("resumed"), folder.resolve("straight")))
                .isEqualTo(-1);
    }
}
