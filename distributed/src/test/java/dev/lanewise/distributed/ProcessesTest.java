package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.train.Checkpoints;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.TrainingState;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.ChildJvm;
import dev.lanewise.testkit.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks as processes, one of which is killed or stopped. */
@Timeout(400)
final class ProcessesTest {
    private static final int SIZE = 3;
    private static final int SILENCE_SECONDS = 5;

    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();

    /** A rank that trains for longer than the test takes. */
    static final class Rank {
        public static void main(String[] args) {
            int rank = Integer.parseInt(args[0]);
            InetSocketAddress master =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]));
            Rng rng = new Rng(rank);
            Layer model = new Sequential(new Linear(6, 32, rng), new ReLU(), new Linear(32, 3, rng));
            Tensor x = new Rng(5).randn(DType.F32, 48, 6);
            var data = new DataLoader(new TensorDataset(x, x.narrow(1, 0, 3).argmax(1)), 12, true, 1);
            var waits = new SocketRing.Options(
                    Duration.ofMinutes(1), Duration.ofSeconds(SILENCE_SECONDS), Duration.ofMinutes(5));
            try (SocketRing ring = SocketRing.join(rank, SIZE, master, Ranks.SECRET, waits)) {
                var trainer = new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 1e-3))
                        .callbacks(Checkpoints.last(Path.of(args[2]), 1));
                DataParallel.wrap(trainer, ring).fit(data, 1_000_000);
            } catch (CommunicationException e) {
                System.out.println(e.getMessage());
                System.exit(3);
            }
        }
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    @Test
    void killedRankIsNamedByTheOthersAndTheLastCheckpointIsWhole() throws Exception {
        Path file = folder.resolve("model.safetensors");
        train(file);
        processes.get(2).destroyForcibly();
        assertOthersName("rank 2 has died");
        for (Path whole : List.of(file, file.resolveSibling(file.getFileName() + TrainingState.SUFFIX))) {
            try (SafetensorsFile stored = Safetensors.open(whole)) {
                assertThat(stored.names()).hasSizeGreaterThan(3);
            }
        }
    }

    @Test
    void stoppedRankIsNamedByTheOthers() throws Exception {
        String stopper = "/bin/kill";
        assumeTrue(Files.isExecutable(Path.of(stopper)), () -> "no " + stopper);
        train(folder.resolve("model.safetensors"));
        Process stopping = new ProcessBuilder(
                        stopper, "-STOP", Long.toString(processes.get(2).pid()))
                .start();
        assertThat(stopping.waitFor()).isZero();
        assertOthersName("rank 2 has been silent for " + SILENCE_SECONDS + " s: its process is stopped");
        assertThat(processes.get(2).isAlive()).isTrue();
    }

    /** Starts all, and returns when they have trained for a while. */
    private void train(Path file) throws Exception {
        int port = FreePort.find();
        for (int rank = 0; rank < SIZE; rank++) {
            processes.add(start(rank, port, file));
        }
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (!Files.exists(file) && System.nanoTime() < patience) {
            assertThat(processes).as(this::logs).allMatch(Process::isAlive);
            Thread.sleep(50);
        }
        assertThat(file).as(this::logs).exists();
    }

    private void assertOthersName(String what) throws InterruptedException {
        for (int rank = 0; rank < 2; rank++) {
            assertThat(processes.get(rank).waitFor(2, TimeUnit.MINUTES))
                    .as(this::logs)
                    .isTrue();
            assertThat(processes.get(rank).exitValue()).as(this::logs).isEqualTo(3);
            assertThat(log(rank)).as(this::logs).contains(what);
        }
    }

    private Process start(int rank, int port, Path file) throws IOException {
        return new ProcessBuilder(ChildJvm.command(
                        List.of("-XX:+UseSerialGC", "-Xmx256m", "-Dlanewise.threads=1"),
                        Rank.class,
                        List.of(Integer.toString(rank), Integer.toString(port), file.toString())))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(rank + ".log").toFile())
                .start();
    }

    private String log(int rank) {
        return ChildJvm.printed(folder.resolve(rank + ".log"));
    }

    private String logs() {
        return IntStream.range(0, processes.size())
                .mapToObj(rank -> "rank " + rank + ": " + log(rank))
                .collect(Collectors.joining("\n"));
    }
}
