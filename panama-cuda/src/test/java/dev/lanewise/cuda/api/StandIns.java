package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.testkit.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Libraries in C that stand in for NVIDIA's, and programs that call them through the bindings. */
final class StandIns {
    private StandIns() {}

    /** Compiles a source file of the tests' resources; skips the test where there is no compiler. */
    static void compile(String source, Path library, String... options) throws IOException, InterruptedException {
        Path copy = library.resolveSibling(source);
        try (InputStream stream = StandIns.class.getResourceAsStream("/dev/lanewise/cuda/host/" + source)) {
            Files.copy(stream, copy);
        }
        List<String> command = new ArrayList<>(List.of("gcc", "-w", "-shared", "-fPIC", "-pthread"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", library.toString(), copy.toString()));
        run(command);
    }

    /** Runs a program in a JVM that finds NVIDIA's libraries in a folder; returns what it and they printed. */
    static String run(Class<?> program, Path folder) throws IOException, InterruptedException {
        return run(ChildJvm.bare(
                List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Dlanewise.cuda.path=" + folder),
                program,
                List.of()));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = start(command);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static Process start(List<String> command) {
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, command.getFirst() + " cannot be run: " + e.getMessage());
            throw new AssertionError(e);
        }
    }
}
