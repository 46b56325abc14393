package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.CaptureStatus;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

class CapturedGraphTest {
    private final Recording recording = new Recording();
    private final Driver driver = recording.of(Driver.class);
    private final Stream stream = HostDriver.DEFAULT_STREAM;

    @Test
    void recordedWorkIsReplayedAndFreed() {
        try (CapturedGraph graph = CapturedGraph.record(driver, stream, () -> driver.fill8(0, (byte) 0, 1, stream))) {
            graph.replay(stream);
            graph.replay(stream);
        }
        assertThat(recording.methods())
                .containsExactly(
                        "beginCapture", "fill8", "endCapture", "instantiate", "destroy", "launch", "launch", "destroy");
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void failureOfTheWorkEndsTheCaptureAndIsThrown() {
        recording.answer("captureStatus", CaptureStatus.ACTIVE);
        RuntimeException failure = new IllegalStateException("no");
        assertThatThrownBy(() -> CapturedGraph.record(driver, stream, () -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(recording.methods()).containsExactly("beginCapture", "captureStatus", "endCapture", "destroy");
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void whatCannotBeRecordedIsAClearError() {
        recording.answer(
                "endCapture",
                CudaException.failed("cuStreamEndCapture", 901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", ""));
        assertThatThrownBy(() -> CapturedGraph.record(driver, stream, () -> {}))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("graph capture: the work did something that cannot be recorded")
                .hasMessageContaining("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED")
                .hasMessageEndingWith("or run it without graphs");
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void graphIsDestroyedWhereItCannotBeInstantiated() {
        recording.answer("instantiate", CudaException.failed("cuGraphInstantiateWithFlags", 2, "OUT", ""));
        assertThatThrownBy(() -> CapturedGraph.record(driver, stream, () -> {})).isInstanceOf(CudaException.class);
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void closedGraphIsNotReplayed() {
        CapturedGraph graph = CapturedGraph.record(driver, stream, () -> {});
        graph.close();
        graph.close();
        assertThatThrownBy(() -> graph.replay(stream)).hasMessageContaining("it has been closed");
    }
}
