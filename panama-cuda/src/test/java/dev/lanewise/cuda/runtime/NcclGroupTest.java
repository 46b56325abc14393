package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.HostCuda;
import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Nccl;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Collectives;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which calls a group makes, on a driver and an NCCL that write them down. */
@ExtendWith(HostCuda.class)
class NcclGroupTest {
    private static final Device CUDA = Device.cuda(0);

    private final Recording recording = new Recording();
    private final CudaDevice device = new CudaDevice(
            CUDA,
            new CudaLibraries(
                    recording.of(Driver.class),
                    recording.of(Nvrtc.class),
                    recording.of(CublasLt.class),
                    recording.of(Cublas.class),
                    recording.of(Cudnn.class)),
            new CodeCache(Path.of("unused")),
            () -> {},
            () -> "");
    private final Collectives collectives = new NcclCollectives(device, recording.of(Nccl.class));

    private Collectives.Group group() {
        return collectives.join(new byte[128], 1, 3);
    }

    @Test
    void sumsAndCopiesAreQueuedOnTheThreadsStreamAndAskedFor() {
        Collectives.Group group = group();
        assertThat(recording.methods()).contains("join");
        assertThat(recording.calls).contains("join(128 bytes, 3, 1)");
        Tensor x = Tensor.of(1f, 2f, 3f).to(CUDA);
        Tensor part = Tensor.zeros(DType.F64, CUDA, 4, 2).narrow(0, 1, 2);
        Driver.Stream stream = device.stream().handle();
        recording.forgetCalls();
        group.allReduce(x);
        group.broadcast(part, 2);
        assertThat(group.isDone()).isTrue();
        assertThat(recording.calls.stream().filter(call -> call.startsWith("all") || call.startsWith("broad")))
                .containsExactlyInAnyOrder(
                        call("allReduce", DeviceBuffer.address(x), "3, F32", stream),
                        call("broadcast", DeviceBuffer.address(part), "32, 2", stream));
        assertThat(recording.methods()).endsWith("record", "check", "isDone");
        assertThat(recording.count("await")).as("for the tensors' last users").isEqualTo(2);
        group.close();
        group.close();
        assertThat(recording.count("abort")).isEqualTo(1);
    }

    private String call(String method, long address, String rest, Driver.Stream stream) {
        return recording.calls.stream()
                .filter(call -> call.startsWith(method + "(Comm[")
                        && call.endsWith(", " + address + ", " + rest + ", " + stream + ")"))
                .findFirst()
                .orElseGet(() -> "no " + method + " of " + address + ", " + rest);
    }

    @Test
    void closedGroupIsUsedNoMore() {
        Collectives.Group group = group();
        recording.answer("check", CudaException.failed("ncclCommGetAsyncError", 6, "remote process exited", ""));
        assertThatThrownBy(group::isDone).hasMessageContaining("remote process exited");
        group.close();
        Tensor x = Tensor.of(1f).to(CUDA);
        assertThatThrownBy(() -> group.allReduce(x)).hasMessageContaining("was closed");
        assertThatThrownBy(group::isDone)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("the group of cuda:0 was closed");
    }

    @Test
    void closingTheDeviceLeavesItsGroups() {
        group();
        device.close();
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void tensorsThatCannotBeSentAreNamed() {
        Collectives.Group group = group();
        assertThatThrownBy(() -> group.allReduce(Tensor.of(1f)))
                .hasMessage("all_reduce: a tensor on cpu (expected a contiguous one on cuda:0); copy it");
        assertThatThrownBy(() ->
                        group.broadcast(Tensor.zeros(DType.F32, CUDA, 3, 2).transpose(0, 1), 0))
                .hasMessageContaining("a strided tensor on cuda:0");
        assertThatThrownBy(() -> group.allReduce(Tensor.of(1L).to(CUDA)))
                .hasMessage("all_reduce: I64 (expected F32 or F64); convert the numbers");
        assertThatThrownBy(() -> collectives.join(new byte[5], 0, 2)).hasMessageContaining("a name of 5 bytes");
        assertThatThrownBy(() -> collectives.join(new byte[128], 2, 2)).hasMessageContaining("rank 2 of 2");
    }

    @Test
    void missingLibraryIsOneErrorThatSaysWhatToDo() {
        assumeTrue(
                NativeLibraries.status(NativeLibrary.NCCL) instanceof LibraryStatus.Missing, "this machine has NCCL");
        assertThatThrownBy(() -> Backends.of(CUDA).collectives())
                .isInstanceOf(CudaException.class)
                .hasMessageStartingWith(
                        "NCCL: not found (libnccl.so.2); install NCCL 2, or the wheel nvidia-nccl-cu13");
    }
}
