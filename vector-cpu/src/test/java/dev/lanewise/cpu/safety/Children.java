package dev.lanewise.cpu.safety;

import dev.lanewise.cpu.VectorBackendProvider;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a program in a JVM of its own, so that a crash, a kill or a leak is seen and harms no other test. */
final class Children {
    private Children() {}

    /** Runs a program to its end, which must be a good one; returns what it printed. */
    static String run(Class<?> program, List<String> flags, String... arguments) throws Exception {
        return ChildJvm.run(command(program, flags, arguments));
    }

    /** As {@link #run}, after a command of the shell that sets a limit. */
    static String runLimited(String limit, Class<?> program, List<String> flags, String... arguments) throws Exception {
        List<String> shell = new ArrayList<>(List.of("/bin/bash", "-c", limit + "; exec \"$@\"", "limited"));
        shell.addAll(command(program, flags, arguments));
        return ChildJvm.run(shell);
    }

    private static List<String> command(Class<?> program, List<String> flags, String... arguments) {
        List<String> all = new ArrayList<>(List.of("-XX:+UseSerialGC", "-Xmx256m", "-Dlanewise.threads=3"));
        all.addAll(flags);
        return ChildJvm.command(all, program, List.of(arguments));
    }

    /** Where the library and these tests are. */
    static String classPath() {
        return Stream.of(Tensor.class, VectorBackendProvider.class, Children.class)
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
