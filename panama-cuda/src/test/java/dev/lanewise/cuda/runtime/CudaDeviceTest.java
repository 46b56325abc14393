package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.OutOfTensorMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CudaDeviceTest {
    private final Recording recording = new Recording();
    private int released;
    private final CudaDevice device = new CudaDevice(
            Device.cuda(0),
            new CudaLibraries(
                    recording.of(Driver.class),
                    recording.of(Nvrtc.class),
                    recording.of(CublasLt.class),
                    recording.of(Cublas.class),
                    recording.of(Cudnn.class)),
            new CodeCache(Path.of("unused")),
            () -> released++,
            () -> "scope 'step' holds 7 bytes");
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void stop() {
        other.shutdownNow();
    }

    private <T> T elsewhere(Callable<T> work) throws Exception {
        return other.submit(work).get();
    }

    private static void free(DeviceBuffer buffer) {
        buffer.retain();
        buffer.release("test");
    }

    @Test
    void memoryIsFlatOverTenThousandSteps() {
        for (int step = 0; step < 10_000; step++) {
            DeviceBuffer x = device.allocate(1000 + step % 3);
            try (ScratchMemory scratch = device.scratch(5000)) {
                assertThat(scratch.address()).isNotEqualTo(x.address());
            }
            free(device.allocate(100L << 20));
            free(x);
        }
        // one block for x and one for the scratch memory; the large one goes through the driver's own pool each time
        assertThat(recording.count("allocate")).isEqualTo(10_002);
        assertThat(recording.count("free")).isEqualTo(10_000);
        assertThat(device.memory().allocatedBytes()).isEqualTo(1024 + 5120);
    }

    @Test
    void threadsHaveStreamsOfTheirOwn() throws Exception {
        DeviceStream mine = device.stream();
        assertThat(device.stream()).isSameAs(mine);
        assertThat(elsewhere(device::stream)).isNotSameAs(mine);
        assertThat(recording.count("createStream")).isEqualTo(2);
        assertThat(recording.count("makeCurrent")).isEqualTo(3);
    }

    @Test
    void buffersOfOneThreadNeedNoEvents() throws Exception {
        for (int i = 0; i < 2; i++) {
            elsewhere(() -> work(device.allocate(64)));
            work(device.allocate(64));
        }
        assertThat(recording.methods()).doesNotContain("record", "await");
    }

    private Void work(DeviceBuffer buffer) {
        device.stream().orderWrite(buffer);
        device.stream().orderRead(buffer);
        free(buffer);
        return null;
    }

    @Test
    void readerOnAnotherThreadWaitsForTheWriterOnceAndTheNextWriterForTheReader() throws Exception {
        Driver.Stream mine = device.stream().handle();
        Driver.Stream theirs = elsewhere(device::stream).handle();
        DeviceBuffer weights = device.allocate(64);
        recording.forgetCalls();
        for (int i = 0; i < 3; i++) {
            elsewhere(() -> read(weights));
        }
        read(weights);
        assertThat(recording.methods()).containsExactly("createEvent", "record", "await");
        assertThat(recording.calls.get(1)).endsWith(", " + mine + ")");
        assertThat(recording.calls.get(2)).startsWith("await(" + theirs);
        recording.forgetCalls();
        device.stream().orderWrite(weights);
        device.stream().orderWrite(weights);
        assertThat(recording.methods()).containsExactly("record", "await");
        assertThat(recording.calls.get(0)).endsWith(", " + theirs + ")");
        assertThat(recording.calls.get(1)).startsWith("await(" + mine);
    }

    private Void read(DeviceBuffer buffer) {
        device.stream().orderRead(buffer);
        return null;
    }

    @Test
    void memoryThatAnotherThreadUsedLastIsFreedAfterItsWork() throws Exception {
        DeviceBuffer batch = elsewhere(() -> device.allocate(64));
        read(batch);
        recording.forgetCalls();
        free(batch);
        assertThat(recording.methods()).containsExactly("record", "await");
        assertThat(recording.calls.get(0)).endsWith(", " + device.stream().handle() + ")");
        assertThat(elsewhere(() -> device.allocate(64)).address()).isEqualTo(batch.address());
    }

    @Test
    void withoutMemoryWhatIsUnusedIsGivenBackAndTheRequestRepeated() {
        free(device.allocate(2048));
        recording.forgetCalls();
        recording.answer("allocate", outOfMemory());
        assertThat(device.allocate(4096).address()).isNotZero();
        assertThat(released).isEqualTo(1);
        // of the one stream there is
        assertThat(recording.methods()).containsExactly("allocate", "free", "synchronize", "trim", "allocate");
    }

    @Test
    void outOfMemoryNamesTheRequestAndTheHolders() {
        recording.answer("allocate", outOfMemory()).answer("allocate", outOfMemory());
        assertThatThrownBy(() -> device.allocate(4096))
                .isInstanceOf(OutOfTensorMemoryException.class)
                .hasMessageStartingWith("cuda:0: no memory for 4096 bytes; tensors hold ")
                .hasMessageContaining("scope 'step' holds 7 bytes");
        assertThat(device.allocate(4096).address()).isNotZero();
    }

    private static CudaException outOfMemory() {
        return CudaException.failed("cuMemAllocFromPoolAsync", 2, "CUDA_ERROR_OUT_OF_MEMORY", "");
    }

    @Test
    void copiesGoThroughPinnedMemoryThatIsUsedAgain() {
        DeviceBuffer buffer = device.allocate(3000);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate(3000);
            device.stream();
            recording.forgetCalls();
            device.copyIn(source, buffer.address());
            device.copyIn(source, buffer.address());
            device.copyOut(buffer.address(), source);
        }
        assertThat(recording.methods())
                .containsExactly(
                        "allocatePinned",
                        "createEvent",
                        "copyToDevice",
                        "record",
                        "isDone",
                        "copyToDevice",
                        "record",
                        "isDone",
                        "copyToHost",
                        "record",
                        "synchronize",
                        "record");
    }

    @Test
    void largeCopyGoesPieceByPiece() {
        long bytes = PinnedMemory.LARGEST + 100;
        DeviceBuffer buffer = device.allocate(bytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes);
            device.copyIn(memory, buffer.address());
            device.copyOut(buffer.address(), memory);
        }
        assertThat(recording.calls.stream().filter(call -> call.startsWith("copyTo")))
                .satisfiesExactly(
                        call -> assertThat(call).contains(", " + PinnedMemory.LARGEST + ", "),
                        call -> assertThat(call).contains(", 100, "),
                        call -> assertThat(call).contains(", " + PinnedMemory.LARGEST + ", "),
                        call -> assertThat(call).contains(", 100, "));
    }

    @Test
    void closingFreesEverything() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            DeviceBuffer buffer = device.allocate(100);
            elsewhere(() -> read(buffer));
            device.copyIn(arena.allocate(100), buffer.address());
            device.cublasLt();
            device.stream().cudnn();
            elsewhere(() -> device.stream().cudnn());
            free(buffer);
        }
        device.close();
        device.close();
        assertThat(recording.alive).isEmpty();
        assertThat(recording.calls.getLast()).isEqualTo("releasePrimaryContext(0)");
        assertThatThrownBy(device::stream).hasMessage("cuda:0: closed, as at the end of the process");
    }

    @Test
    void aStepOfClosingThatFailsCostsOnlyItself() {
        device.stream();
        device.cublasLt();
        recording.answer("destroy", CudaException.failed("cuStreamDestroy", 1, "CUDA_ERROR_INVALID_VALUE", ""));
        device.close();
        assertThat(recording.alive).hasSize(1);
        assertThat(recording.calls.getLast()).isEqualTo("releasePrimaryContext(0)");
    }

    @Test
    void afterAnErrorOfTheDeviceNothingIsCalledAtTheEnd() {
        device.allocate(100);
        recording.answer(
                "synchronize", CudaException.failed("cuStreamSynchronize", 700, "CUDA_ERROR_ILLEGAL_ADDRESS", ""));
        recording.forgetCalls();
        device.close();
        assertThat(recording.methods()).containsExactly("synchronize");
        assertThatThrownBy(device::stream).hasMessage("cuda:0: closed, as at the end of the process");
    }

    @Test
    void workIsRefusedFromTheBeginningOfTheEnd() throws Exception {
        device.stream();
        device.onClose(() -> assertThatThrownBy(() -> elsewhere(device::stream))
                .hasRootCauseMessage("cuda:0: closed, as at the end of the process"));
        device.close();
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void virtualThreadsShareAFewStreams() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<DeviceBuffer>> work =
                    Collections.nCopies(200, () -> device.onSystemThread(() -> device.allocate(64)));
            for (Future<DeviceBuffer> buffer : threads.invokeAll(work)) {
                assertThat(buffer.get().address()).isPositive();
            }
        }
        assertThat(recording.count("createStream")).isEqualTo(VirtualThreads.WORKERS);
    }

    @Test
    void virtualThreadGetsTheErrorOfItsWork() throws Exception {
        IllegalStateException failure = new IllegalStateException("no");
        Thread virtual = Thread.ofVirtual()
                .start(() -> assertThatThrownBy(() -> device.onSystemThread(() -> {
                            throw failure;
                        }))
                        .isSameAs(failure));
        virtual.join();
    }

    /** Leaves a fault as a kernel of the calling thread would. */
    private Void leaveFault() {
        MemorySegment left =
                MemorySegment.ofAddress(device.stream().faults().address()).reinterpret(24);
        left.setAtIndex(ValueLayout.JAVA_LONG, 1, 7);
        left.setAtIndex(ValueLayout.JAVA_LONG, 2, 5);
        left.setAtIndex(ValueLayout.JAVA_LONG, 0, Faults.Check.GATHER.code());
        return null;
    }

    private Void copyOut(DeviceBuffer buffer) {
        device.stream().orderRead(buffer);
        try (Arena arena = Arena.ofConfined()) {
            device.copyOut(buffer.address(), arena.allocate(64));
        }
        return null;
    }

    @Test
    void aBadPositionIsReportedToWhoeverReadsTheResultOnAnyStream() throws Exception {
        DeviceBuffer theirs = elsewhere(() -> device.allocate(64));
        DeviceBuffer mine = device.allocate(64);
        copyOut(mine);
        elsewhere(this::leaveFault);
        copyOut(mine);
        String message = "gather: position 7 is outside a dimension of size 5; check the indices";
        assertThatThrownBy(() -> copyOut(theirs)).hasMessage(message);
        copyOut(theirs);
        assertThatThrownBy(() -> elsewhere(() -> copyOut(theirs))).hasRootCauseMessage(message);
        elsewhere(() -> copyOut(theirs));
    }

    @Test
    void aBadPositionThatItsThreadWasToldOfIsNotReportedToALaterReader() throws Exception {
        DeviceBuffer theirs = elsewhere(() -> device.allocate(64));
        elsewhere(this::leaveFault);
        assertThatThrownBy(() -> elsewhere(() -> copyOut(theirs))).hasMessageContaining("position 7");
        copyOut(theirs);
    }

    @Test
    void aBadPositionIsReportedThroughAResultInBetween() throws Exception {
        ExecutorService third = Executors.newSingleThreadExecutor();
        try {
            DeviceBuffer first = elsewhere(() -> device.allocate(64));
            elsewhere(this::leaveFault);
            DeviceBuffer second = third.submit(() -> {
                        DeviceBuffer result = device.allocate(64);
                        device.stream().orderRead(first);
                        device.stream().orderWrite(result);
                        return result;
                    })
                    .get();
            assertThatThrownBy(() -> copyOut(second)).hasMessageContaining("position 7");
        } finally {
            third.shutdownNow();
        }
    }

    @Test
    void waitingForTheDeviceReportsEveryStreamsBadPositions() throws Exception {
        elsewhere(this::leaveFault);
        assertThatThrownBy(device::synchronize).hasMessageContaining("position 7");
        device.synchronize();
    }
}
