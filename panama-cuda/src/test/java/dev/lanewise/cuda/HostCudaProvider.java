package dev.lanewise.cuda;

import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.cuda.api.HostGraphs;
import dev.lanewise.cuda.host.HostCublas;
import dev.lanewise.cuda.host.HostCublasLt;
import dev.lanewise.cuda.host.HostCudnn;
import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.kernel.KernelPrograms;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.CudaLibraries;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.MemoryPressure;
import java.nio.file.Path;
import java.util.List;

/**
 * Serves {@code cuda:0} with the real backend on a driver, a compiler and libraries that stand in for the real ones on the
 * host. Only for tests that ask for it by {@link #enable}.
 */
public final class HostCudaProvider implements BackendProvider {
    private static final Path FOLDER = Path.of("target", "host-kernels");

    private static volatile boolean enabled;

    /**
     * Lets it serve from now on, in this process; the CPU's own backend is then the scalar oracle. As in every check of
     * correctness, convolutions use no transforms. Kernels are compiled when they are needed, with their neighbours, once
     * for all processes of a build.
     */
    public static void enable() {
        kernels().compileTogether(KernelPrograms.all());
        CudaPrecision.allowConvolutionTransforms(false);
        System.setProperty("lanewise.reference", "true");
        enabled = true;
    }

    /** The compiler of the host. */
    public static HostKernels kernels() {
        return Parts.KERNELS;
    }

    /** The driver of the host. */
    public static HostDriver driver() {
        return Parts.DRIVER;
    }

    /** The host's cuDNN that the backend uses. */
    public static HostCudnn cudnn() {
        return Parts.CUDNN;
    }

    private static final class Parts {
        static final HostKernels KERNELS = new HostKernels(FOLDER);
        static final HostDriver DRIVER = new HostDriver(KERNELS.grid());
        static final HostGraphs GRAPHS = new HostGraphs(DRIVER);
        static final HostCudnn CUDNN = new HostCudnn(GRAPHS::queue);
    }

    @Override
    public String name() {
        return "host-cuda";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CUDA;
    }

    @Override
    public int priority() {
        return 1000;
    }

    @Override
    public Availability availability() {
        return enabled ? new Availability.Available() : new Availability.Unavailable("for tests that enable it");
    }

    @Override
    public List<Device> devices() {
        return List.of(Device.cuda(0));
    }

    @Override
    public Backend create(Device device) {
        CudaLibraries libraries = new CudaLibraries(
                Parts.GRAPHS.driver(),
                kernels(),
                new HostCublasLt(true, Parts.GRAPHS::queue),
                new HostCublas(Parts.GRAPHS::queue),
                cudnn().library());
        return new CudaBackend(new CudaDevice(
                device,
                libraries,
                new CodeCache(FOLDER.resolve("code")),
                MemoryPressure::releaseUnreachable,
                () -> MemoryPressure.holders(device)));
    }
}
