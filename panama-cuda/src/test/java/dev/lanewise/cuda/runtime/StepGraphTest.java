package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.HostGraphs;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.kernel.KernelSource;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.spi.StepRecorder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StepGraphTest {
    private final Recording recording = new Recording();

    /** Refuses what the driver refuses while a stream records, and writes down the rest. */
    private final HostGraphs graphs = new HostGraphs(recording.of(Driver.class));

    private final CudaDevice device = new CudaDevice(
            Device.cuda(0),
            new CudaLibraries(
                    graphs.driver(),
                    recording.of(Nvrtc.class),
                    recording.of(CublasLt.class),
                    recording.of(Cublas.class),
                    recording.of(Cudnn.class)),
            new CodeCache(Path.of("target", "unused")),
            () -> {},
            () -> "");
    private final ExecutorService other = Executors.newSingleThreadExecutor();
    private final DeviceBuffer weights = device.allocate(256);

    StepGraphTest() {
        weights.retain();
    }

    @AfterEach
    void stop() {
        other.shutdownNow();
    }

    /** Reads weights, makes something of two intermediate tensors and changes the weights. */
    private void step() {
        DeviceStream stream = device.stream();
        DeviceBuffer hidden = device.allocate(4096);
        DeviceBuffer result = device.allocate(4096);
        hidden.retain();
        result.retain();
        stream.orderRead(weights);
        stream.orderWrite(hidden);
        device.driver().fill8(hidden.address(), (byte) 0, 1, stream.handle());
        hidden.release("step");
        stream.orderWrite(result);
        stream.orderWrite(weights);
        device.driver().fill8(weights.address(), (byte) 0, 1, stream.handle());
        result.release("step");
    }

    @Test
    void recordingTakesTheMemoryOfTheWarmUpAndReplaysWithOneCall() {
        try (StepRecorder recorder = device.recorder()) {
            recorder.warmUp(this::step);
            recording.forgetCalls();
            assertThat(recorder.record(this::step)).isEmpty();
            // nothing runs and nothing is allocated but in the end, where the side stream is waited for
            assertThat(recording.methods()).containsExactly("synchronize");
            recording.forgetCalls();
            int version = weights.version();
            recorder.replay(List.of());
            recorder.replay(List.of());
            assertThat(recording.methods()).containsExactly("fill8", "fill8", "fill8", "fill8");
            assertThat(weights.version()).isEqualTo(version + 2);
        }
    }

    @Test
    void memoryThatTheWarmUpDidNotTakeComesFromAnotherStream() {
        try (StepRecorder recorder = device.recorder()) {
            recording.forgetCalls();
            recorder.record(this::step);
            assertThat(recording.calls.stream().filter(call -> call.startsWith("allocate(")))
                    .hasSize(2)
                    .noneMatch(call -> call.contains(device.stream().handle().toString()));
        }
    }

    @Test
    void otherWorkNeverGetsTheMemoryOfARecordedStep() {
        try (StepRecorder recorder = device.recorder()) {
            recorder.warmUp(this::step);
            recorder.record(this::step);
            recording.forgetCalls();
            device.allocate(4096);
            assertThat(recording.count("allocate")).isEqualTo(1);
        }
    }

    @Test
    void whatTheStepTouchedIsKeptUntilItIsClosed() {
        StepRecorder recorder = device.recorder();
        recorder.warmUp(this::step);
        recorder.record(this::step);
        weights.release("test");
        assertThat(weights.isReleased()).isFalse();
        recorder.close();
        assertThat(weights.isReleased()).isTrue();
        recorder.close();
        device.close();
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void numbersOfOperationsAreWrittenAnewBeforeEachReplay() {
        MemorySegment[] written = new MemorySegment[1];
        RandomDropout first = new RandomDropout(0.5, 1, 20);
        RandomDropout second = new RandomDropout(0.5, 1, 30);
        long[] cells = new long[2];
        try (StepRecorder recorder = device.recorder()) {
            recorder.warmUp(() -> assertThat(number(first, written)).isZero());
            assertThat(recorder.record(() -> {
                        cells[0] = number(first, written);
                        cells[1] = number(second, written);
                    }))
                    .containsExactly(first, second);
            assertThat(cells[1]).isEqualTo(cells[0] + 16);
            recording.forgetCalls();
            recorder.replay(List.of(new RandomDropout(0.5, 1, 40), new RandomDropout(0.5, 1, 50)));
            assertThat(written[0].get(ValueLayout.JAVA_LONG, 0)).isEqualTo(50);
            assertThat(recording.methods().stream().filter(call -> !call.contains("Pinned")))
                    .containsExactly("createEvent", "copyToDevice", "record");
            assertThat(recording.calls.stream().filter(call -> call.startsWith("copyToDevice")))
                    .singleElement()
                    .satisfies(call -> assertThat(call).startsWith("copyToDevice(" + cells[0] + ", "));
            recording.forgetCalls();
            recorder.replay(List.of(new RandomDropout(0.5, 1, 40), new RandomDropout(0.5, 1, 50)));
            assertThat(recording.methods())
                    .as("the same numbers are there already")
                    .isEmpty();
            recorder.replay(List.of(new RandomDropout(0.5, 1, 41), new RandomDropout(0.5, 1, 50)));
            assertThat(recording.count("copyToDevice")).isEqualTo(1);
            assertThatThrownBy(() -> recorder.replay(List.of(first)))
                    .hasMessageStartingWith("replay: got 1 operations for 2 recorded ones");
        }
    }

    private long number(RandomDropout op, MemorySegment[] written) {
        return device.numbers(op, 8, (next, target) -> {
            target.set(ValueLayout.JAVA_LONG, 0, next.counter());
            written[0] = target;
        });
    }

    @Test
    void stepThatReadsBackIsRefusedAndTheStreamUsableAgain() {
        try (StepRecorder recorder = device.recorder();
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> recorder.record(() -> device.copyOut(weights.address(), arena.allocate(4))))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("record: the step reads a value back while it is recorded");
            assertThat(device.isRecording()).isFalse();
            recorder.record(this::step);
            recorder.replay(List.of());
        }
    }

    @Test
    void tensorLastUsedByAnotherThreadIsRefused() throws Exception {
        DeviceBuffer theirs = other.submit(() -> device.allocate(64)).get();
        try (StepRecorder recorder = device.recorder()) {
            assertThatThrownBy(() -> recorder.record(() -> device.stream().orderRead(theirs)))
                    .hasMessageStartingWith("record: a tensor was last used by another thread's work");
        }
    }

    @Test
    void memoryOfAnotherThreadIsFreedWhenTheRecordingHasEnded() throws Exception {
        DeviceBuffer theirs = other.submit(() -> device.allocate(64)).get();
        device.stream().orderRead(theirs);
        theirs.retain();
        try (StepRecorder recorder = device.recorder()) {
            recorder.record(() -> {
                recording.forgetCalls();
                theirs.release("test");
                assertThat(recording.methods()).isEmpty();
            });
            assertThat(recording.methods()).endsWith("record", "await");
        }
    }

    @Test
    void anotherThreadCannotGoOnWithARecording() throws Exception {
        try (StepRecorder recorder = device.recorder()) {
            recorder.record(this::step);
            assertThatThrownBy(
                            () -> other.submit(() -> recorder.replay(List.of())).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("record: started on one thread and continued on another");
        }
    }

    private static final long LARGE = 100L << 20;

    /** Releases a block that is too large for the caches while this thread records, on this thread or by {@code elsewhere}. */
    private void releaseWhileRecording(boolean elsewhere) throws Exception {
        DeviceBuffer large = device.allocate(LARGE);
        large.retain();
        try (StepRecorder recorder = device.recorder()) {
            recorder.record(() -> {
                step();
                recording.forgetCalls();
                if (elsewhere) {
                    run(() -> large.release("test"));
                } else {
                    large.release("test");
                }
                assertThat(recording.count("free")).isZero();
            });
            assertThat(recording.calls).anyMatch(call -> call.startsWith("free(" + large.address() + ","));
            recorder.replay(List.of());
        }
    }

    private void run(Runnable work) {
        try {
            other.submit(work).get();
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void largeMemoryReleasedWhileRecordingIsFreedBehindTheRecording() throws Exception {
        releaseWhileRecording(false);
        releaseWhileRecording(true);
    }

    @Test
    void anotherThreadWaitsForTheDeviceWhileOneRecords() {
        try (StepRecorder recorder = device.recorder()) {
            recorder.record(() -> {
                step();
                run(device::synchronize);
                step();
            });
            recorder.replay(List.of());
        }
    }

    @Test
    void anotherThreadThatRunsOutOfMemoryLeavesTheRecordingAlone() {
        device.allocate(LARGE).retain();
        run(() -> device.stream());
        try (StepRecorder recorder = device.recorder()) {
            recorder.warmUp(this::step);
            free(device.allocate(2048));
            recorder.record(() -> {
                step();
                recording.answer("allocate", outOfMemory());
                run(() -> device.allocate(1 << 20));
            });
            recorder.replay(List.of());
        }
    }

    private static void free(DeviceBuffer buffer) {
        buffer.retain();
        buffer.release("test");
    }

    private static CudaException outOfMemory() {
        return CudaException.failed("cuMemAllocFromPoolAsync", 2, "CUDA_ERROR_OUT_OF_MEMORY", "");
    }

    @Test
    void outOfMemoryWhileRecordingIsAnErrorAtOnce() {
        try (StepRecorder recorder = device.recorder()) {
            recording.answer("allocate", outOfMemory()).forgetCalls();
            assertThatThrownBy(() -> recorder.record(this::step))
                    .isInstanceOf(OutOfTensorMemoryException.class)
                    .hasMessageStartingWith("cuda:0: no memory for 4096 bytes; tensors hold ")
                    .hasMessageEndingWith(
                            "nothing can be freed while a step is recorded: warm it up first, or use smaller batches");
            assertThat(recording.count("allocate")).isEqualTo(1);
            assertThat(recording.methods()).doesNotContain("trim");
            recorder.record(this::step);
            recorder.replay(List.of());
        }
    }

    @Test
    void handlesAndCodeMayBeMadeWhileRecording() {
        recording.answer("compile", new byte[4]);
        KernelSource source = new KernelSource("k", "", List.of("k"));
        try (StepRecorder recorder = device.recorder()) {
            recorder.record(() -> {
                device.stream().cudnn();
                device.cublasLt();
                device.function("k", () -> source, "k");
                step();
            });
            recorder.replay(List.of());
        }
    }

    @Test
    void recorderClosedWhileItsStreamRecordsIsFreedAfterwards() {
        StepRecorder first = device.recorder();
        first.record(this::step);
        try (StepRecorder second = device.recorder()) {
            second.record(() -> {
                step();
                first.close();
            });
            second.replay(List.of());
        }
        weights.release("test");
        assertThat(weights.isReleased()).isTrue();
        device.close();
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void recordingOnAVirtualThreadIsRefused() throws Exception {
        Thread virtual = Thread.ofVirtual()
                .start(() -> assertThatThrownBy(device::recorder)
                        .hasMessageStartingWith("record: called on a virtual thread"));
        virtual.join();
    }
}
