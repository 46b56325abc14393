package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.tensor.OutOfTensorMemoryException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceMemoryTest {
    private final CudaException outOfMemory =
            CudaException.failed("cuMemAllocFromPoolAsync", 2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory");

    private final Recording recording = new Recording();
    private final Driver driver = recording.of(Driver.class);
    private final List<String> events = new ArrayList<>();

    private DeviceMemory memory() {
        return new DeviceMemory(driver, 0, () -> events.add("released"), () -> "scope step holds 4096 bytes");
    }

    @Test
    void everythingIsFreedAndThePoolDestroyed() {
        try (DeviceMemory memory = memory()) {
            long address = memory.allocate(1024, HostDriver.DEFAULT_STREAM);
            assertThat(memory.allocatedBytes()).isEqualTo(1024);
            memory.free(address, 1024, HostDriver.DEFAULT_STREAM);
            assertThat(memory.allocatedBytes()).isZero();
        }
        assertThat(recording.alive).isEmpty();
        assertThat(recording.methods())
                .containsExactly("createPool", "setReleaseThreshold", "allocate", "free", "destroy");
    }

    @Test
    void outOfMemoryReleasesTrimsAndTriesAgain() {
        DeviceMemory memory = memory();
        recording.answer("allocate", outOfMemory);
        assertThat(memory.allocate(1024, HostDriver.DEFAULT_STREAM)).isPositive();
        assertThat(events).containsExactly("released");
        assertThat(recording.methods().subList(2, 5)).containsExactly("allocate", "trim", "allocate");
        assertThat(memory.allocatedBytes()).isEqualTo(1024);
    }

    @Test
    void secondFailureNamesRequestHoldingsAndHolders() {
        DeviceMemory memory = memory();
        recording
                .answer("allocate", outOfMemory)
                .answer("allocate", outOfMemory)
                .answer("memoryInfo", new Driver.MemoryInfo(100, 8000))
                .answer("used", 4096L);
        assertThatThrownBy(() -> memory.allocate(1L << 40, HostDriver.DEFAULT_STREAM))
                .isInstanceOf(OutOfTensorMemoryException.class)
                .hasMessage(
                        "cuda:0: no memory for 1099511627776 bytes; tensors hold 4096 bytes, 100 of 8000 bytes are free;"
                                + " scope step holds 4096 bytes; close scopes earlier, or use smaller batches")
                .hasCause(outOfMemory);
        assertThat(memory.allocatedBytes()).isZero();
    }

    @Test
    void otherFailuresAreNotTriedAgain() {
        DeviceMemory memory = memory();
        CudaException failure = CudaException.failed("cuMemAllocFromPoolAsync", 700, "CUDA_ERROR_ILLEGAL_ADDRESS", "");
        recording.answer("allocate", failure);
        assertThatThrownBy(() -> memory.allocate(1, HostDriver.DEFAULT_STREAM)).isSameAs(failure);
        assertThat(events).isEmpty();
    }
}
