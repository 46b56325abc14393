package dev.lanewise.cpu.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.VectorBackendProvider;
import dev.lanewise.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a program in a JVM of its own, so that a crash, a kill or a leak is seen and harms no other test. */
final class ChildJvm {
    private static final long LIMIT_SECONDS = 120;

    private ChildJvm() {}

    /** Runs a program to its end, which must be a good one; returns what it printed. */
    static String run(Class<?> program, List<String> flags, String... arguments) throws Exception {
        return run(command(program, flags, arguments));
    }

    /** As {@link #run}, after a command of the shell that sets a limit. */
    static String runLimited(String limit, Class<?> program, List<String> flags, String... arguments) throws Exception {
        List<String> shell = new ArrayList<>(List.of("/bin/bash", "-c", limit + "; exec \"$@\"", "limited"));
        shell.addAll(command(program, flags, arguments));
        return run(shell);
    }

    private static List<String> command(Class<?> program, List<String> flags, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-Dlanewise.threads=3"));
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath(), program.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String run(List<String> command) throws Exception {
        Path output = Files.createTempFile("child", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
            String printed = Files.readString(output, StandardCharsets.UTF_8);
            assertThat(ended).as("hangs: %s", printed).isTrue();
            assertThat(process.exitValue()).as(printed).isZero();
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    /** Where the library and these tests are. */
    static String classPath() {
        return Stream.of(Tensor.class, VectorBackendProvider.class, ChildJvm.class)
                .map(c -> Path.of(URI.create(
                        c.getProtectionDomain().getCodeSource().getLocation().toString())))
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** A line of {@code /proc/self/status} in MiB, of the calling process. */
    static long mebibytes(String line) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            String found =
                    lines.filter(l -> l.startsWith(line + ":")).findFirst().orElseThrow();
            return Long.parseLong(found.replaceAll("\\D", "")) >> 10;
        }
    }
}
