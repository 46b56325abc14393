package dev.lanewise.examples.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.examples.Main;
import dev.lanewise.testkit.ChildJvm;
import dev.lanewise.testkit.FreePort;
import dev.lanewise.testkit.MpiEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code lanewise train --distributed} as its users start it: real processes, all ended after each test. */
@Timeout(600)
final class DistributedTrainingTest {
    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    private Process start(String name, String... arguments) throws IOException {
        return start(name, List.of(), arguments);
    }

    private Process start(String name, List<String> launcher, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(launcher);
        command.addAll(ChildJvm.command(
                List.of("-XX:+UseSerialGC", "-Xmx400m"),
                Main.class,
                List.of("train", "mnist-mlp", "--data", "synthetic", "--limit", "300")));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve(name + ".out").toFile())
                .redirectError(folder.resolve(name + ".err").toFile());
        builder.environment().put(DistributedOptions.SECRET, "a secret of the tests");
        MpiEnvironment.prepare(builder, folder);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private void awaitEnd(Process process, int code) throws InterruptedException {
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).as(this::printed).isTrue();
        assertThat(process.exitValue()).as(this::printed).isEqualTo(code);
    }

    /** What all processes of the test said, for whoever reads that it failed elsewhere. */
    private String printed() {
        String[] files = folder.toFile().list();
        return files == null
                ? "nothing"
                : Stream.of(files)
                        .filter(name -> name.endsWith(".err"))
                        .sorted()
                        .map(name -> name + ": " + text(name))
                        .collect(Collectors.joining("\n"));
    }

    private String text(String file) {
        return ChildJvm.printed(folder.resolve(file));
    }

    private double lastLoss(String file) {
        Matcher loss = Pattern.compile("\"train_loss\":([0-9.eE+-]+)").matcher(text(file));
        double last = Double.NaN;
        while (loss.find()) {
            last = Double.parseDouble(loss.group(1));
        }
        return last;
    }

    @Tag("long") // six processes, half a minute; killedProcessIsNamedAndTheOthersEnd starts some in every build
    @Test
    void processesTrainAsOneHoweverTheyAreStarted() throws Exception {
        awaitEnd(start("one", "--epochs", "2", "--json"), 0);
        awaitEnd(start("two", "--epochs", "2", "--json", "--distributed", "ring", "--ranks", "2"), 0);
        String master = "127.0.0.1:" + FreePort.find();
        List<Process> byHand = new ArrayList<>();
        for (int rank = 1; rank >= 0; rank--) {
            byHand.add(start(
                    "hand" + rank,
                    ("--epochs 2 --json --distributed ring --ranks 2 --threads 1 --rank " + rank + " --master "
                                    + master)
                            .split(" ")));
        }
        for (Process process : byHand) {
            awaitEnd(process, 0);
        }
        assertThat(lastLoss("two.out")).isCloseTo(lastLoss("one.out"), within(1e-6));
        assertThat(lastLoss("hand0.out")).isEqualTo(lastLoss("two.out"));
        assertThat(text("hand1.out")).isEmpty();
        assertThat(text("two.out").lines()).hasSize(2);
    }

    @Test
    void processesOfMpiTrainAsThoseOfARing() throws Exception {
        assumeTrue(
                List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "mpirun"))),
                "not on PATH: mpirun (apt-get install openmpi-bin, or mpich)");
        List<String> launcher = List.of("mpirun", "-np", "2", "sh", "-c", "exec \"$@\"", "sh");
        awaitEnd(start("mpi", launcher, "--epochs", "1", "--json", "--distributed", "mpi"), 0);
        awaitEnd(start("ring", "--epochs", "1", "--json", "--distributed", "ring", "--ranks", "2"), 0);
        assertThat(lastLoss("mpi.out")).isEqualTo(lastLoss("ring.out"));
        assertThat(text("mpi.out").lines()).hasSize(1);
        assertThat(text("mpi.err")).contains("lanewise: rank 1 of 2 is process ");
    }

    @Test
    void killedProcessIsNamedAndTheOthersEnd() throws Exception {
        Path file = folder.resolve("model.safetensors");
        Process first = start(
                "first", "--epochs", "1000000", "--distributed", "ring", "--ranks", "2", "--save", file.toString());
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (!Files.exists(file) && first.isAlive() && System.nanoTime() < patience) {
            Thread.sleep(50);
        }
        assertThat(file).as(this::printed).exists();
        assertThat(first.children()).as(this::printed).hasSize(1);
        first.children().forEach(ProcessHandle::destroyForcibly);
        assertThat(first.waitFor(2, TimeUnit.MINUTES)).as(this::printed).isTrue();
        assertThat(first.exitValue()).as(this::printed).isEqualTo(1);
        assertThat(text("first.err"))
                .contains("lanewise: rank 1: exit code 137")
                .contains("rank 1 has died");
    }

    @Test
    void processWithoutMpirunIsToldWhatToDo() throws Exception {
        awaitEnd(start("alone-mpi", "--distributed", "mpi"), 1);
        assertThat(text("alone-mpi.err")).containsAnyOf("start it by mpirun -np RANKS", "install Open MPI");
    }
}
