package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.Driver.CaptureMode;
import dev.lanewise.cuda.api.Driver.CaptureStatus;
import dev.lanewise.cuda.api.Driver.Event;
import dev.lanewise.cuda.api.Driver.MemoryPool;
import dev.lanewise.cuda.api.Driver.Stream;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The stand-in refuses what the driver refuses while a stream records. */
class HostGraphsTest {
    private final Driver driver = new HostGraphs(new Recording().of(Driver.class)).driver();
    private final Stream stream = driver.createStream();
    private final Stream other = driver.createStream();
    private final Event event = driver.createEvent();
    private final MemoryPool pool = driver.createPool(0);

    /** What a thread that records may do in the relaxed mode only. */
    enum Unsafe {
        ALLOCATE(test -> test.driver.allocate(64, test.pool, test.other)),
        FREE(test -> test.driver.free(test.memory, test.other)),
        PINNED_MEMORY(test -> test.driver.allocatePinned(64)),
        EVENT_QUERY(test -> test.driver.isDone(test.event)),
        MODULE(test -> test.driver.load(new byte[4])),
        TRIM(test -> test.driver.trim(test.pool, 0));

        private final Consumer<HostGraphsTest> call;

        Unsafe(Consumer<HostGraphsTest> call) {
            this.call = call;
        }
    }

    private final long memory = driver.allocate(64, pool, other);

    private void spoils(Runnable work, String status) {
        driver.beginCapture(stream);
        assertThatThrownBy(work::run)
                .isInstanceOfSatisfying(
                        CudaException.class, e -> assertThat(e.statusName()).isEqualTo("CUDA_ERROR_" + status));
        assertThat(driver.captureStatus(stream)).isEqualTo(CaptureStatus.INVALIDATED);
        assertThatThrownBy(() -> driver.endCapture(stream))
                .isInstanceOfSatisfying(
                        CudaException.class,
                        e -> assertThat(e.statusName()).isEqualTo("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"));
        assertThat(driver.captureStatus(stream)).isEqualTo(CaptureStatus.NONE);
    }

    @ParameterizedTest
    @EnumSource
    void unsafeCallOfTheRecordingThreadSpoilsTheRecording(Unsafe unsafe) {
        spoils(() -> unsafe.call.accept(this), "STREAM_CAPTURE_UNSUPPORTED");
    }

    @ParameterizedTest
    @EnumSource
    void unsafeCallInTheRelaxedModeOrOfAnotherThreadDoesNot(Unsafe unsafe) {
        driver.beginCapture(stream);
        if (unsafe == Unsafe.FREE) {
            CompletableFuture.runAsync(() -> driver.free(driver.allocate(64, pool, other), other))
                    .join();
        } else {
            CompletableFuture.runAsync(() -> unsafe.call.accept(this)).join();
        }
        assertThat(driver.exchangeCaptureMode(CaptureMode.RELAXED)).isEqualTo(CaptureMode.GLOBAL);
        unsafe.call.accept(this);
        assertThat(driver.exchangeCaptureMode(CaptureMode.GLOBAL)).isEqualTo(CaptureMode.RELAXED);
        assertThatCode(() -> driver.destroy(driver.endCapture(stream))).doesNotThrowAnyException();
    }

    @Test
    void waitingForARecordingStreamSpoilsItsRecording() {
        spoils(() -> driver.synchronize(stream), "STREAM_CAPTURE_UNSUPPORTED");
    }

    @Test
    void freeingWhatIsNotTheGraphsSpoilsTheRecording() {
        spoils(() -> driver.free(memory, stream), "INVALID_VALUE");
        driver.beginCapture(stream);
        driver.free(driver.allocate(64, pool, stream), stream);
        driver.endCapture(stream);
    }

    @Test
    void eventsDoNotCrossTheBoundary() {
        driver.record(event, other);
        spoils(() -> driver.await(stream, event), "STREAM_CAPTURE_ISOLATION");
        spoils(
                () -> {
                    driver.record(event, stream);
                    driver.synchronize(event);
                },
                "CAPTURED_EVENT");
        driver.beginCapture(stream);
        driver.record(event, stream);
        driver.await(other, event);
        assertThatThrownBy(() -> driver.endCapture(stream)).hasMessageContaining("CUDA_ERROR_STREAM_CAPTURE_UNJOINED");
    }

    @Test
    void anotherThreadCannotEndARecording() {
        driver.beginCapture(stream);
        assertThatThrownBy(() -> CompletableFuture.runAsync(() -> driver.endCapture(stream))
                        .join())
                .hasMessageContaining("CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD");
    }
}
