package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The communicator of GPUs, whose library is one that adds up tensors of the CPU; see the CUDA backend's tests for NCCL's calls. */
@Timeout(300)
final class NcclCommunicatorTest {
    private final ThreadCollectives library = new ThreadCollectives();

    /** What a rank does with the communicator. */
    private interface Work<T> {
        T run(NcclCommunicator gpus) throws Exception;
    }

    private <T> Ranks.Work<T> over(Work<T> work) {
        return ring -> {
            try (NcclCommunicator gpus = NcclCommunicator.over(ring, Device.CPU, () -> library)) {
                return work.run(gpus);
            }
        };
    }

    @Test
    void sumsAndCopiesHostMemoryAndTensors() throws Exception {
        List<String> all = Ranks.run(3, over(gpus -> {
            try (Arena arena = Arena.ofConfined()) {
                int rank = gpus.rank();
                MemorySegment floats = arena.allocateFrom(ValueLayout.JAVA_FLOAT, rank, 0.5f);
                gpus.allReduce(floats, DType.F32);
                MemorySegment doubles = arena.allocate(5_000_000L * Double.BYTES, 8);
                doubles.setAtIndex(ValueLayout.JAVA_DOUBLE, 4_999_999, 1 + rank);
                gpus.allReduce(doubles, DType.F64);
                MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) rank, (byte) (10 + rank));
                gpus.broadcast(bytes, 2);
                gpus.allReduce(MemorySegment.NULL, DType.F32);
                gpus.broadcast(MemorySegment.NULL, 0);
                gpus.barrier();
                Tensor tensor = Tensor.of(1f * rank, 2f);
                gpus.allReduce(tensor);
                gpus.allReduce(Tensor.zeros(0));
                return Arrays.toString(floats.toArray(ValueLayout.JAVA_FLOAT)) + " "
                        + doubles.getAtIndex(ValueLayout.JAVA_DOUBLE, 4_999_999) + " "
                        + Arrays.toString(bytes.toArray(ValueLayout.JAVA_BYTE)) + " "
                        + Arrays.toString(tensor.toFloatArray()) + " of " + gpus.size();
            }
        }));
        assertThat(all).containsOnly("[3.0, 1.5] 6.0 [2, 12] [3.0, 6.0] of 3");
        assertThat(library.left()).isEqualTo(3);
    }

    @Test
    void oneRankIsItsOwnSum() throws Exception {
        assertThat(Ranks.run(1, over(gpus -> {
                    Tensor tensor = Tensor.of(1f, 2f);
                    gpus.allReduce(tensor);
                    gpus.barrier();
                    return tensor.toFloatArray();
                })))
                .containsExactly(new float[] {1, 2});
    }

    private static float[] trained(Communicator ranks) {
        Rng rng = new Rng(1);
        Linear unused = new Linear(2, 2, rng);
        var model = new Sequential(new Linear(6, 12, rng), new ReLU(), new Linear(12, 3, rng));
        Tensor x = new Rng(3).randn(DType.F32, 24, 6);
        var data = new DataLoader(new TensorDataset(x, x.narrow(1, 0, 3).argmax(1)), 8, true, 11);
        var parameters = new ArrayList<>(model.parameters());
        // without gradients on any rank
        parameters.addAll(unused.parameters());
        var trainer = new Trainer(model, new CrossEntropyLoss(), new Sgd(parameters, 0.1, Sgd.Options.momentum(0.9)));
        DataParallel.wrap(trainer, ranks, new DataParallel.Options(DataParallel.BatchNormStatistics.LOCAL, false, 64))
                .fit(data, 2);
        return model.stateDict().get("0.weight").flatten().toFloatArray();
    }

    /** The sum of two numbers has the same bits in any order. */
    @Test
    void gradientsSummedWhereTheyAreTrainAsThoseOfARing() throws Exception {
        float[] expected = Ranks.run(2, NcclCommunicatorTest::trained).getFirst();
        List<float[]> all = Ranks.run(2, over(NcclCommunicatorTest::trained));
        assertThat(all).allSatisfy(weights -> assertThat(weights).containsExactly(expected));
        // 6 steps of 2 buckets on 2 ranks; figures are F64, and weights are copied
        assertThat(library.sums()).isGreaterThanOrEqualTo(24);
    }

    @Test
    void rankThatFailsEndsTheWaitInsideTheLibrary() throws Exception {
        List<String> messages = Ranks.messages(3, Ranks.OPTIONS, over(gpus -> {
            gpus.barrier();
            if (gpus.rank() == 1) {
                library.leaveOut(1);
            }
            gpus.allReduce(Tensor.of(1f));
            return true;
        }));
        assertThat(messages.remove(1)).contains("left out");
        assertThat(messages).allMatch(message -> message.contains("rank 1"));
        assertThat(library.left()).isEqualTo(3);
    }

    @Test
    void ranksThatMakeOtherCallsAreTold() throws Exception {
        assertThat(Ranks.messages(2, Ranks.OPTIONS, over(gpus -> {
                    gpus.allReduce(Tensor.zeros(gpus.rank() == 0 ? 3 : 4));
                    return true;
                })))
                .allMatch(message -> message.contains("all-reduce F32 of 16 bytes as call"));
    }

    @Test
    void missingLibraryOfOneRankIsToldOnAll() throws Exception {
        Supplier<ThreadCollectives> missing = () -> {
            throw new TensorException("NCCL: not found (libnccl.so.2); install NCCL 2");
        };
        List<String> messages = Ranks.messages(3, Ranks.OPTIONS, ring -> {
            try (var gpus = NcclCommunicator.over(ring, Device.CPU, () -> ring.rank() == 2 ? missing.get() : library)) {
                return gpus.size();
            }
        });
        assertThat(messages.get(2)).isEqualTo("nccl: rank 2: NCCL: not found (libnccl.so.2); install NCCL 2");
        assertThat(messages).allMatch(message -> message.contains("NCCL: not found (libnccl.so.2)"));
        assertThat(messages.getFirst()).contains("rank 2 failed");
    }

    @Test
    void libraryThatRefusesIsNamedOnAll() throws Exception {
        library.refuse(1);
        List<String> messages = Ranks.messages(2, Ranks.OPTIONS, over(NcclCommunicator::size));
        assertThat(messages.get(1)).contains("rank 1: Duplicate GPU detected");
        assertThat(messages.getFirst()).contains("rank 1 failed: nccl: Duplicate GPU detected");
    }

    @Test
    void badArgumentsAreNamed() throws Exception {
        assertThat(Ranks.messages(1, Ranks.OPTIONS, ring -> NcclCommunicator.over(ring, Device.CPU)))
                .containsExactly("nccl: rank 0: cpu has no NCCL (expected a GPU); name one, cuda:0");
        Ranks.run(1, over(gpus -> {
            assertThatThrownBy(() -> gpus.allReduce(Tensor.of(1L))).hasMessageContaining("I64 (expected F32 or F64)");
            assertThatThrownBy(() -> gpus.broadcast(MemorySegment.NULL, 1)).hasMessageContaining("root 1");
            assertThatThrownBy(() -> NcclCommunicator.over(gpus, Device.CPU))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("over a NcclCommunicator (expected a SocketRing or an MpiCommunicator)");
            return true;
        }));
    }
}
