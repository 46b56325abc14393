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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Mistakes in kernels show when they run on the host. */
class HostDriverTest {
    private static final int THREADS = 64;
    private static final Stream STREAM = HostDriver.DEFAULT_STREAM;
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
            extern "C" __global__ void some_warps_wait(int* x) {
                if (threadIdx.x < 32) __syncthreads();
            }
            extern "C" __global__ void warps_of_their_own(int* x) {
                int own = x[threadIdx.x];
                for (int i = 0; i <= threadIdx.x / 32; i++) own = __shfl_xor_sync(0xffffffff, own, 1);
                __syncthreads();
                x[threadIdx.x] = own;
            }
            extern "C" __global__ void lanes_of_their_own(int* x) {
                int own = x[threadIdx.x];
                for (int i = 0; i <= threadIdx.x % 32 / 31; i++) own = __shfl_xor_sync(0xffffffff, own, 1);
                __syncthreads();
                x[threadIdx.x] = own;
            }
            extern "C" __global__ void two_instructions(int* x) {
                if (threadIdx.x % 2 == 0) {
                    __syncwarp();
                    x[threadIdx.x] = __shfl_sync(0xffffffff, x[threadIdx.x], 1);
                } else {
                    x[threadIdx.x] = __shfl_sync(0xffffffff, x[threadIdx.x], 1);
                    __syncwarp();
                }
            }
            extern "C" __global__ void products_of_some(float* x) {
                float d[4] = {0};
                u32 a[6] = {0};
                for (unsigned i = 0; i < 1 + threadIdx.x / 16; i++) {
                    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." MMA "." MMA ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                        "{%0, %1, %2, %3};"
                        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(a[4]), "r"(a[5]));
                }
                x[threadIdx.x] = d[0];
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
        module = driver.load(kernels.compile(
                "test.cu",
                KernelPrograms.prelude() + "#define MMA \"bf16\"\n" + KERNELS,
                List.of(),
                Nvrtc.Output.CUBIN));
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
                .hasMessage("some_wait: of warp 0, lane 3 comes to the end and lane 0 to __syncthreads");
        assertThatThrownBy(() -> run("some_wait", HostDriver.Order.BACKWARDS))
                .hasMessage("some_wait: a thread comes to __syncthreads, to which the block's first one did not");
        assertThatThrownBy(() -> run("some_warps_wait", HostDriver.Order.FORWARDS))
                .hasMessage("some_warps_wait: 32 of 64 threads ended while the others wait at a barrier");
        assertThat(run("reverse", HostDriver.Order.FORWARDS)).startsWith(63, 62);
    }

    /** Bounds of loops around instructions of a warp may differ between warps, but not between the lanes of one. */
    @ParameterizedTest
    @EnumSource(HostDriver.Order.class)
    void instructionOfAWarpToWhichNotAllLanesComeIsAnError(HostDriver.Order order) {
        assertThat(run("warps_of_their_own", order)).startsWith(1, 0, 3, 2).endsWith(60, 61, 62, 63);
        assertThatThrownBy(() -> run("lanes_of_their_own", order))
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        "lanes_of_their_own: of warp 0, lane 31 comes to __shfl_xor_sync and lane 0 to __syncthreads");
        assertThatThrownBy(() -> run("two_instructions", order))
                .hasMessage("two_instructions: of warp 0, lane 1 comes to __shfl_sync and lane 0 to __syncwarp");
        assertThatThrownBy(() -> run("products_of_some", order))
                .hasMessage("products_of_some: of warp 0, lane 16 comes to mma.sync and lane 0 to the end");
    }

    @Test
    void launchThatNoDeviceTakesIsRefused() {
        Driver.Function kernel = driver.function(module, "reverse");
        try (Arena arena = Arena.ofConfined()) {
            KernelArguments arguments = new KernelArguments(arena).pointer(0);
            for (Grid grid : List.of(Grid.of(0), new Grid(1, 65_536, 1), new Grid(1, 1, 65_536))) {
                assertThatThrownBy(() -> driver.launch(kernel, grid, Block.of(THREADS), 0, STREAM, arguments))
                        .hasMessageStartingWith("cuLaunchKernel: CUDA_ERROR_INVALID_VALUE (1)");
            }
            for (Block block : List.of(Block.of(0), Block.of(1025), new Block(64, 32, 1), new Block(1, 1, 65))) {
                assertThatThrownBy(() -> driver.launch(kernel, Grid.of(1), block, 0, STREAM, arguments))
                        .hasMessageStartingWith("cuLaunchKernel: CUDA_ERROR_INVALID_VALUE (1)");
            }
            assertThatThrownBy(() -> driver.launch(kernel, Grid.of(1), Block.of(1), 49_153, STREAM, arguments))
                    .hasMessageStartingWith("cuLaunchKernel: CUDA_ERROR_INVALID_VALUE (1)");
        }
    }

    @Test
    void writingBehindAnAllocationIsFoundWhenItIsFreed() {
        assertThatThrownBy(() -> run("write_behind", HostDriver.Order.FORWARDS))
                .hasMessage("something was written beside an allocation of 256 bytes");
    }
}
