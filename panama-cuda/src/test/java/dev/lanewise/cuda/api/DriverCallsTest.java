package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.CaptureMode;
import dev.lanewise.cuda.api.Driver.Event;
import dev.lanewise.cuda.api.Driver.Function;
import dev.lanewise.cuda.api.Driver.Graph;
import dev.lanewise.cuda.api.Driver.GraphExec;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.cuda.api.Driver.MemoryPool;
import dev.lanewise.cuda.api.Driver.Module;
import dev.lanewise.cuda.api.Driver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The driver's functions as the bindings call them, in a library that stands in for the driver's and writes them down. */
class DriverCallsTest {
    private static final Path HEADER = Path.of("/usr/local/cuda/include/cuda.h");

    @TempDir
    Path folder;

    /** Makes every call once, in a process of its own. */
    static final class Calls {
        public static void main(String[] arguments) {
            Driver driver = Driver.open();
            say(driver.version() + " " + driver.deviceCount() + " " + driver.deviceName(0) + " "
                    + driver.totalMemory(0));
            for (DeviceAttribute attribute : DeviceAttribute.values()) {
                say(attribute + " " + driver.attribute(0, attribute));
            }
            driver.makeCurrent(driver.retainPrimaryContext(0));
            MemoryPool pool = driver.createPool(0);
            driver.setReleaseThreshold(pool, -1);
            Stream stream = driver.createStream();
            Event event = driver.createEvent();
            memory(driver, pool, stream);
            driver.record(event, stream);
            driver.await(stream, event);
            say("done " + driver.isDone(event));
            driver.synchronize(event);
            graphs(driver, stream);
            driver.synchronize(stream);
            driver.destroy(event);
            driver.destroy(stream);
            driver.destroy(pool);
            driver.releasePrimaryContext(0);
        }

        private static void memory(Driver driver, MemoryPool pool, Stream stream) {
            long address = driver.allocate(16, pool, stream);
            MemorySegment pinned = driver.allocatePinned(16);
            pinned.set(ValueLayout.JAVA_LONG, 0, 42);
            driver.copyToDevice(address, pinned, 8, stream);
            driver.copy(address + 8, address, 8, stream);
            driver.fill8(address, (byte) 1, 4, stream);
            driver.copyToHost(pinned, address + 8, 8, stream);
            say("copied " + pinned.get(ValueLayout.JAVA_LONG, 0));
            driver.freePinned(pinned);
            driver.free(address, stream);
            driver.trim(pool, 3);
            say("used " + driver.used(pool) + " " + driver.memoryInfo());
            try {
                say("allocated " + driver.allocate(1L << 40, pool, stream));
            } catch (CudaException e) {
                say(e.getMessage());
            }
        }

        private static void graphs(Driver driver, Stream stream) {
            driver.beginCapture(stream);
            say("mode " + driver.exchangeCaptureMode(CaptureMode.RELAXED) + " " + driver.captureStatus(stream));
            Module module = driver.load("code\0".getBytes(StandardCharsets.US_ASCII));
            Function function = driver.function(module, "kernel");
            try (Arena arena = Arena.ofConfined()) {
                KernelArguments given = new KernelArguments(arena).i64(5).i32(6);
                driver.launch(function, new Grid(1, 2, 3), new Block(4, 5, 6), 7, stream, given);
            }
            Graph graph = driver.endCapture(stream);
            GraphExec exec = driver.instantiate(graph);
            driver.launch(exec, stream);
            driver.destroy(graph);
            driver.destroy(exec);
            driver.unload(module);
        }

        private static void say(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }

    @Test
    void everyCallHandsOnItsArguments() throws Exception {
        assumeTrue(Files.isRegularFile(HEADER), "no " + HEADER);
        StandIns.compile(
                "libcuda.c",
                folder.resolve("libcuda.so.1"),
                "-I",
                HEADER.getParent().toString());
        String said = StandIns.run(Calls.class, folder);
        assertThat(said.lines().toList())
                .containsExactly(
                        "cuInit 0",
                        "13.0 1 NVIDIA H200 150754820096",
                        "COMPUTE_CAPABILITY_MAJOR 9",
                        "COMPUTE_CAPABILITY_MINOR 0",
                        "MULTIPROCESSOR_COUNT 132",
                        "MEMORY_POOLS_SUPPORTED 1",
                        "cuDevicePrimaryCtxRetain 0",
                        "cuCtxSetCurrent 0x100",
                        "cuMemPoolCreate type 1 handles 0 at 1 0",
                        "cuMemPoolSetAttribute 0x200 4 -1",
                        "cuStreamCreate 1",
                        "cuEventCreate 2",
                        "cuMemAllocFromPoolAsync 16 0x200 0x300",
                        "cuMemHostAlloc 16 1",
                        "cuMemcpyHtoDAsync_v2 8 0x300",
                        "cuMemcpyDtoDAsync_v2 8 0x300",
                        "cuMemsetD8Async 1 4 0x300",
                        "cuMemcpyDtoHAsync_v2 8 0x300",
                        "copied 42",
                        "cuMemFreeHost",
                        "cuMemFreeAsync 0x300",
                        "cuMemPoolTrimTo 0x200 3",
                        "used 7 MemoryInfo[free=100, total=200]",
                        "cuMemAllocFromPoolAsync: CUDA_ERROR_OUT_OF_MEMORY (2): out of memory",
                        "cuEventRecord 0x400 0x300",
                        "cuStreamWaitEvent 0x300 0x400 0",
                        "cuEventQuery 0x400",
                        "done false",
                        "cuEventSynchronize 0x400",
                        "cuStreamBeginCapture_v2 0x300 1",
                        "cuThreadExchangeStreamCaptureMode 2",
                        "mode GLOBAL ACTIVE",
                        "cuModuleLoadData code",
                        "cuModuleGetFunction 0x700 kernel",
                        "cuLaunchKernel 0x800 1 2 3 4 5 6 7 0x300 (5, 6) (nil)",
                        "cuStreamEndCapture 0x300",
                        "cuGraphInstantiateWithFlags 0x500 1",
                        "cuGraphLaunch 0x600 0x300",
                        "cuGraphDestroy 0x500",
                        "cuGraphExecDestroy 0x600",
                        "cuModuleUnload 0x700",
                        "cuStreamSynchronize 0x300",
                        "cuEventDestroy_v2 0x400",
                        "cuStreamDestroy_v2 0x300",
                        "cuMemPoolDestroy 0x200",
                        "cuDevicePrimaryCtxRelease_v2 0");
    }
}
