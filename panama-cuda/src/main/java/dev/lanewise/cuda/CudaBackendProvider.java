package dev.lanewise.cuda;

import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.tensor.BackendUnavailableException;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what CUDA lacks on this machine. The libraries are bound and kernels compile, but operations do not run on a GPU in
 * this version, so no device is offered.
 */
public final class CudaBackendProvider implements BackendProvider {
    private static final List<NativeLibrary> NEEDED = List.of(
            NativeLibrary.DRIVER,
            NativeLibrary.NVRTC,
            NativeLibrary.CUBLAS_LT,
            NativeLibrary.CUBLAS,
            NativeLibrary.CUDNN);

    @Override
    public String name() {
        return "panama-cuda";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CUDA;
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public Availability availability() {
        return new Availability.Unavailable(
                reason(NEEDED.stream().map(NativeLibraries::status).toList()));
    }

    static String reason(List<LibraryStatus> libraries) {
        List<String> missing = new ArrayList<>();
        for (LibraryStatus status : libraries) {
            if (status instanceof LibraryStatus.Missing library) {
                missing.add(library.describe());
            }
        }
        return missing.isEmpty()
                ? "CUDA and its libraries are here, but this version of Lanewise runs no operations on a GPU; use Device.CPU"
                : String.join("\n", missing);
    }

    @Override
    public List<Device> devices() {
        return List.of();
    }

    @Override
    public Backend create(Device device) {
        throw new BackendUnavailableException(device + ": "
                + reason(NEEDED.stream().map(NativeLibraries::status).toList()));
    }
}
