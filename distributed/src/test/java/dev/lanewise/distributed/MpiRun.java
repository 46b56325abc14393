package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.testkit.ChildJvm;
import dev.lanewise.testkit.MpiEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs by a real mpirun. */
final class MpiRun {
    /** Far below what a rank that hangs takes, and far above what others do on a busy machine. */
    private static final long LIMIT_SECONDS = 180;

    private MpiRun() {}

    /**
     * What a run left.
     *
     * @param code its exit code
     * @param text what its processes and mpirun printed
     */
    record Result(int code, String text) {}

    /**
     * Runs a program of tests by the mpirun of an MPI, and skips the test where that is not installed.
     *
     * @param kind openmpi or mpich
     * @param ranks how many processes
     * @param environment more variables
     * @param program the class whose main is run
     * @param arguments of the program
     */
    static Result run(
            Path folder, String kind, int ranks, Map<String, String> environment, Class<?> program, String... arguments)
            throws IOException, InterruptedException {
        // the suffixes are those by which Debian and Ubuntu keep both side by side
        String launcher = "mpirun." + kind;
        assumeTrue(isOnPath(launcher), () -> "not on PATH: " + launcher + " (apt-get install openmpi-bin, mpich)");
        Path out = folder.resolve(kind + "-" + String.join("-", arguments) + ".log");
        List<String> command = new ArrayList<>(List.of(launcher, "-np", Integer.toString(ranks)));
        command.addAll(List.of("sh", "-c", "exec \"$@\"", "sh"));
        command.addAll(ChildJvm.command(
                List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m"), program, List.of(arguments)));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().putAll(environment);
        MpiEnvironment.prepare(builder, folder);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as(() -> ChildJvm.printed(out))
                    .isTrue();
            return new Result(process.exitValue(), ChildJvm.printed(out));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static boolean isOnPath(String name) {
        String path = System.getenv("PATH");
        return path != null
                && List.of(path.split(":")).stream().anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }
}
