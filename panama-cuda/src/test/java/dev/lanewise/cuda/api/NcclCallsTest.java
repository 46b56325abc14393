package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.api.Nccl.Comm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NCCL's functions as the bindings call them, in a library that stands in for it and adds up host memory. */
class NcclCallsTest {
    private static final int RANKS = 3;

    @TempDir
    Path folder;

    /** Ranks as threads of one process. */
    static final class Calls {
        public static void main(String[] arguments) throws Exception {
            Nccl nccl = Nccl.open();
            System.out.println(nccl.version());
            byte[] id = nccl.uniqueId();
            List<Future<String>> ranks = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(RANKS)) {
                for (int rank = 0; rank < RANKS; rank++) {
                    int own = rank;
                    Callable<String> work = () -> rank(nccl, nccl.join(id, RANKS, own), own);
                    ranks.add(threads.submit(work));
                }
            }
            for (Future<String> rank : ranks) {
                System.out.println(rank.get());
            }
            id[127] = 1;
            say(() -> nccl.join(id, 1, 0));
        }

        private static String rank(Nccl nccl, Comm comm, int rank) {
            Stream stream = new Stream(MemorySegment.ofAddress(0x300));
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment floats = arena.allocateFrom(ValueLayout.JAVA_FLOAT, rank, 0.5f);
                MemorySegment doubles = arena.allocateFrom(ValueLayout.JAVA_DOUBLE, 1e-9 * rank);
                MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) rank, (byte) (10 + rank));
                nccl.allReduce(comm, floats.address(), 2, DataType.F32, stream);
                nccl.allReduce(comm, doubles.address(), 1, DataType.F64, stream);
                nccl.broadcast(comm, bytes.address(), 2, 1, stream);
                String said = rank + ": " + Arrays.toString(floats.toArray(ValueLayout.JAVA_FLOAT)) + " "
                        + Arrays.toString(doubles.toArray(ValueLayout.JAVA_DOUBLE)) + " "
                        + Arrays.toString(bytes.toArray(ValueLayout.JAVA_BYTE));
                nccl.check(comm);
                if (rank == 0) {
                    say(() -> nccl.check(comm));
                }
                nccl.abort(comm);
                return said;
            }
        }

        private static void say(Runnable failing) {
            try {
                failing.run();
                System.out.println("no failure");
            } catch (CudaException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void ranksSumAndCopyThroughTheLibrary() throws Exception {
        StandIns.compile("libnccl.c", folder.resolve("libnccl.so.2"));
        String said = StandIns.run(Calls.class, folder);
        assertThat(said.lines().toList())
                .contains("2.29.7")
                .contains("ncclCommInitRank 2 of 3")
                .contains("ncclAllReduce 1 count 2 type 7 op 0 stream 300")
                .contains("ncclAllReduce 2 count 1 type 8 op 0 stream 300")
                .contains("ncclBroadcast 0 count 2 type 1 root 1 stream 300")
                .contains("0: [3.0, 1.5] [3.0000000000000004E-9] [1, 11]")
                .contains("1: [3.0, 1.5] [3.0000000000000004E-9] [1, 11]")
                .contains("2: [3.0, 1.5] [3.0000000000000004E-9] [1, 11]")
                .contains("ncclCommGetAsyncError: remote process exited (6): Duplicate GPU detected")
                .contains("ncclCommAbort 0")
                .contains("ncclCommAbort 2")
                .contains("ncclCommInitRank: invalid usage (5): Duplicate GPU detected")
                .doesNotContain("no failure");
    }
}
