package dev.lanewise.cuda.api;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.cuda.kernel.KernelPrograms;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Mistakes in kernels show when they run on the host. */
class HostDriverTest {
    private static final int THREADS = 64;
    private static final Stream STREAM = Stream.LEGACY_DEFAULT;
    private static final String KERNELS = """
            extern "C" __global__ void reverse(int* x) {
                __shared__ int shared[64];
                shared[threadIdx.x] = x[threadIdx.x];
                __syncthreads();
                x[threadIdx.x] = shared[63 - threadIdx.x];
            }
            extern "C" __global__ void reverse_without_barrier(int* x) {
                __shared__ int shared[64];
                shared[threadIdx.x] = x[threadIdx.x];
                x[threadIdx.x] = shared[63 - threadIdx.x];
            }
            extern "C" __global__ void some_wait(int* x) {
                if (threadIdx.x < 3) __syncthreads();
            }
            extern "C" __global__ void write_behind(int* x) { x[64 + threadIdx.x] = 1; }
            """;

    private static HostDriver driver;
    private static Driver.Module module;

    @BeforeAll
    static void load() {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: kernels cannot run on the host");
        HostKernels kernels = new HostKernels(Path.of("target", "host-kernels"));
        driver = new HostDriver(kernels.grid());
        module = driver.load(
                kernels.compile("test.cu", KernelPrograms.prelude() + KERNELS, List.of(), Nvrtc.Output.CUBIN));
    }

    private static int[] run(String kernel, HostDriver.Order order) {
        long address = driver.allocate(THREADS * Integer.BYTES, STREAM);
        driver.order(order);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(JAVA_INT, THREADS);
            for (int i = 0; i < THREADS; i++) {
                numbers.setAtIndex(JAVA_INT, i, i);
            }
            driver.copyToDevice(address, numbers, numbers.byteSize(), STREAM);
            driver.launch(
                    driver.function(module, kernel),
                    Grid.of(1),
                    Block.of(THREADS),
                    0,
                    STREAM,
                    new KernelArguments(arena).pointer(address));
            driver.copyToHost(numbers, address, numbers.byteSize(), STREAM);
            return numbers.toArray(JAVA_INT);
        } finally {
            driver.free(address, STREAM);
        }
    }

    @Test
    void missingBarrierGivesAnotherResultInAnotherOrder() {
        int[] expected = run("reverse", HostDriver.Order.FORWARDS);
        assertThat(expected).startsWith(63, 62).endsWith(1, 0);
        assertThat(run("reverse", HostDriver.Order.BACKWARDS)).isEqualTo(expected);
        assertThat(run("reverse", HostDriver.Order.SHUFFLED)).isEqualTo(expected);
        assertThat(run("reverse_without_barrier", HostDriver.Order.BACKWARDS))
                .isNotEqualTo(run("reverse_without_barrier", HostDriver.Order.FORWARDS));
    }

    @Test
    void barrierThatOnlySomeThreadsPassIsAnError() {
        assertThatThrownBy(() -> run("some_wait", HostDriver.Order.FORWARDS))
                .isInstanceOf(AssertionError.class)
                .hasMessage("61 of 64 threads ended while the others wait at a barrier");
        assertThatThrownBy(() -> run("some_wait", HostDriver.Order.BACKWARDS))
                .hasMessage("a thread waits at a barrier that the block's first one did not pass");
        assertThat(run("reverse", HostDriver.Order.FORWARDS)).startsWith(63, 62);
    }

    @Test
    void writingBehindAnAllocationIsFoundWhenItIsFreed() {
        assertThatThrownBy(() -> run("write_behind", HostDriver.Order.FORWARDS))
                .hasMessage("something was written beside an allocation of 256 bytes");
    }
}
