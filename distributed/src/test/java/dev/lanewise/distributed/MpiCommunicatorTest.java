package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes of a real MPI, and what happens when one of them is lost. */
@Timeout(300)
final class MpiCommunicatorTest {
    private static final List<Integer> COUNTS = List.of(0, 1, 2, 1000, 700_001);

    @TempDir
    Path folder;

    /** What each rank runs: the first argument says what. */
    static final class Rank {
        public static void main(String[] args) throws Exception {
            Duration patience = Duration.ofMinutes(2);
            if (args[0].equals("hanging")) {
                patience = Duration.ofSeconds(2);
                // all have loaded what they need before the short time begins
                try (MpiCommunicator ranks = MpiCommunicator.join()) {
                    ranks.barrier();
                }
            }
            var options = new MpiCommunicator.Options(Duration.ofMinutes(1), patience);
            try (MpiCommunicator ranks = MpiCommunicator.join(options)) {
                switch (args[0]) {
                    case "sums" -> say(ranks, sums(ranks) + " " + broadcasts(ranks));
                    case "killed" -> lose(ranks, Rank::kill);
                    case "hanging" -> lose(ranks, () -> Thread.sleep(3_600_000));
                    case "failing" -> lose(ranks, () -> ranks.abort("no such file"));
                    case "leaving" -> lose(ranks, () -> {});
                    case "differing" -> sum(ranks, new float[ranks.rank() == 1 ? 8 : 4]);
                    default -> throw new IllegalArgumentException(args[0]);
                }
            } catch (CommunicationException e) {
                System.out.println(e.getMessage());
                System.exit(3);
            }
            if (args[0].equals("sums")) {
                try (MpiCommunicator again = MpiCommunicator.join()) {
                    say(again, "again " + sum(again, new float[] {again.rank()})[0]);
                }
            }
        }

        private static void say(Communicator ranks, String what) {
            System.out.println("rank " + ranks.rank() + ": " + what);
        }

        private static void kill() throws Exception {
            String pid = Long.toString(ProcessHandle.current().pid());
            new ProcessBuilder("kill", "-KILL", pid).start().waitFor();
        }

        /** How a rank gets lost. */
        private interface Loss {
            void run() throws Exception;
        }

        private static void lose(Communicator ranks, Loss loss) throws Exception {
            ranks.barrier();
            if (ranks.rank() == 1) {
                loss.run();
            } else {
                ranks.barrier();
            }
        }
    }

    private static float[] sum(Communicator ranks, float[] mine) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, mine);
            ranks.allReduce(data, DType.F32);
            return data.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    /** A number that depends on all bits of sums of several sizes. */
    private static int sums(Communicator ranks) {
        int hash = 0;
        for (int count : COUNTS) {
            Random random = new Random(ranks.rank() * 31L + count);
            float[] numbers = new float[count];
            for (int i = 0; i < count; i++) {
                numbers[i] = (float) random.nextGaussian();
            }
            hash = 31 * hash + Arrays.hashCode(sum(ranks, numbers));
        }
        return hash;
    }

    private static int broadcasts(Communicator ranks) {
        int hash = 0;
        for (int root = 0; root < ranks.size(); root++) {
            byte[] bytes = new byte[1_500_000 * root + 3];
            if (ranks.rank() == root) {
                new Random(root).nextBytes(bytes);
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
                ranks.broadcast(data, root);
                hash = 31 * hash + Arrays.hashCode(data.toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return hash;
    }

    private MpiRun.Result run(String kind, int ranks, String what) throws Exception {
        return MpiRun.run(folder, kind, ranks, Map.of(), Rank.class, what);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openmpi", "mpich"})
    void sumsHaveTheBitsOfARingOfSockets(String kind) throws Exception {
        MpiRun.Result result = run(kind, 3, "sums");
        List<String> expected =
                Ranks.run(3, ring -> "rank " + ring.rank() + ": " + sums(ring) + " " + broadcasts(ring));
        assertThat(result.text().lines())
                .as(result.text())
                .containsAll(expected)
                .containsAll(Stream.of(0, 1, 2)
                        .map(rank -> "rank " + rank + ": again 3.0")
                        .toList());
        assertThat(result.code()).as(result.text()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openmpi", "mpich"})
    void killedRankEndsAll(String kind) throws Exception {
        MpiRun.Result result = run(kind, 2, "killed");
        assertThat(result.code()).as(result.text()).isNotZero();
        // MPICH's kills the others before they can say anything, and names any process
        assertThat(result.text())
                .contains(kind.equals("openmpi") ? "process rank 1 with PID" : "BAD TERMINATION OF ONE OF YOUR");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openmpi", "mpich"})
    void hangingRankIsReportedAndAllEnd(String kind) throws Exception {
        MpiRun.Result result = run(kind, 3, "hanging");
        assertThat(result.text())
                .contains("mpi: rank 1 hangs: it has not come to call 2")
                .contains("has waited for 2 s");
        assertThat(result.code()).as(result.text()).isNotZero();
    }

    @Test
    void failureOfARankEndsAllWithItsReason() throws Exception {
        MpiRun.Result result = run("openmpi", 2, "failing");
        assertThat(result.text()).contains("mpi: rank 1 failed: no such file");
        assertThat(result.code()).as(result.text()).isNotZero();
    }

    @Test
    void ranksThatMakeOtherCallsAreTold() throws Exception {
        MpiRun.Result result = run("openmpi", 2, "differing");
        assertThat(result.text())
                .contains("all-reduce F32 of 32 bytes as call 1")
                .contains("of 16 bytes");
        assertThat(result.code()).as(result.text()).isNotZero();
    }

    @Test
    void rankThatLeavesTooEarlyIsNamed() throws Exception {
        MpiRun.Result result = run("openmpi", 2, "leaving");
        assertThat(result.text()).contains("mpi: rank 1 has left");
        assertThat(result.code()).as(result.text()).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openmpi", "mpich"})
    void launcherOfAnotherMpiIsToldFromOne(String kind) throws Exception {
        String other = kind.equals("openmpi") ? "libmpich.so.12" : "libmpi.so.40";
        MpiRun.Result result = MpiRun.run(folder, kind, 2, Map.of("LANEWISE_MPI", other), Rank.class, "sums");
        assertThat(result.text())
                .containsAnyOf("the launcher started 2 processes, but", "LANEWISE_MPI=" + other + " can't be opened");
        assertThat(result.code()).as(result.text()).isNotZero();
    }
}
