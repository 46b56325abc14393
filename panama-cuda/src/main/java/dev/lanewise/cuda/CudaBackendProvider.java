package dev.lanewise.cuda;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.DeviceAttribute;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.CudaLibraries;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.BackendUnavailableException;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.MemoryPressure;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Offers the GPUs of this machine, if the driver and NVIDIA's libraries are installed in compatible versions. */
public final class CudaBackendProvider implements BackendProvider {
    private static final List<NativeLibrary> NEEDED = List.of(
            NativeLibrary.DRIVER,
            NativeLibrary.NVRTC,
            NativeLibrary.CUBLAS_LT,
            NativeLibrary.CUBLAS,
            NativeLibrary.CUDNN);

    /** Libraries that carry the version of the toolkit that they belong to. */
    private static final List<NativeLibrary> OF_TOOLKIT = List.of(NativeLibrary.NVRTC, NativeLibrary.CUBLAS_LT);

    /** Volta, the oldest that cuDNN 9 runs on. */
    private static final int OLDEST_ARCHITECTURE = 70;

    /** Called by the service loader. */
    public CudaBackendProvider() {}

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
        if (isDenied()) {
            Module module = CudaBackendProvider.class.getModule();
            return new Availability.Unavailable("native access is denied to it (--illegal-native-access=deny); add"
                    + " --enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED")
                    + " to the java command line");
        }
        return Machine.OBSTACLE.<Availability>map(Availability.Unavailable::new).orElseGet(Availability.Available::new);
    }

    @Override
    public List<Device> devices() {
        return isDenied() ? List.of() : Machine.DEVICES;
    }

    /** Whether the JVM refuses the native access needed to call the driver. */
    @SuppressWarnings("CheckReturnValue") // trying it is the only way to find out
    private static boolean isDenied() {
        try {
            MemorySegment.NULL.reinterpret(0);
            return false;
        } catch (IllegalCallerException denied) {
            return true;
        }
    }

    @Override
    public Backend create(Device device) {
        if (Machine.OBSTACLE.isPresent()) {
            throw new BackendUnavailableException(device + ": " + Machine.OBSTACLE.get());
        }
        CudaDevice created = new CudaDevice(
                device,
                CudaLibraries.open(),
                CodeCache.ofUser(),
                MemoryPressure::releaseUnreachable,
                () -> MemoryPressure.holders(device));
        Runtime.getRuntime().addShutdownHook(new Thread(created::close, "lanewise-" + device + "-close"));
        return new CudaBackend(created);
    }

    /** What is wrong with a property or variable of the process, or empty. */
    private static Optional<String> wrongSetting() {
        try {
            Settings.check();
            CodeCache.ofUser();
            return Optional.empty();
        } catch (TensorException wrong) {
            return Optional.ofNullable(wrong.getMessage());
        }
    }

    /** Why no device can be used, or empty. */
    static Optional<String> obstacle(List<LibraryStatus> libraries) {
        List<String> missing = new ArrayList<>();
        for (LibraryStatus status : libraries) {
            if (status instanceof LibraryStatus.Missing library) {
                missing.add(library.describe());
            }
        }
        return missing.isEmpty() ? mismatch(libraries) : Optional.of(String.join("\n", missing));
    }

    /** A driver runs code for its own and older major versions of CUDA. */
    private static Optional<String> mismatch(List<LibraryStatus> libraries) {
        Optional<Version> driver = version(libraries, NativeLibrary.DRIVER);
        for (NativeLibrary library : OF_TOOLKIT) {
            Optional<Version> version = version(libraries, library);
            if (driver.isPresent()
                    && version.isPresent()
                    && version.get().major() > driver.get().major()) {
                return Optional.of(library.title() + " " + version.get() + " needs a driver for CUDA "
                        + version.get().major() + ", this driver is for CUDA " + driver.get()
                        + "; update the driver, or install the libraries of CUDA "
                        + driver.get().major());
            }
        }
        return Optional.empty();
    }

    private static Optional<Version> version(List<LibraryStatus> libraries, NativeLibrary wanted) {
        return libraries.stream()
                .filter(status -> status.library() == wanted)
                .filter(LibraryStatus.Found.class::isInstance)
                .map(status -> ((LibraryStatus.Found) status).version())
                .findFirst();
    }

    /** The devices that can be used. */
    static List<Device> usable(Driver driver) {
        return IntStream.range(0, driver.deviceCount())
                .filter(device -> unusable(driver, device).isEmpty())
                .mapToObj(Device::cuda)
                .toList();
    }

    /** Why a device cannot be used, or empty. */
    private static Optional<String> unusable(Driver driver, int device) {
        int architecture = 10 * driver.attribute(device, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR)
                + driver.attribute(device, DeviceAttribute.COMPUTE_CAPABILITY_MINOR);
        String name = "cuda:" + device + " (" + driver.deviceName(device) + ")";
        if (architecture < OLDEST_ARCHITECTURE) {
            return Optional.of(name + " has compute capability " + architecture / 10 + "." + architecture % 10
                    + " (expected " + OLDEST_ARCHITECTURE / 10 + ".0 or newer); use another GPU or Device.CPU");
        }
        if (driver.attribute(device, DeviceAttribute.MEMORY_POOLS_SUPPORTED) == 0) {
            return Optional.of(name + " has no stream-ordered memory pools; use another GPU or Device.CPU");
        }
        return Optional.empty();
    }

    /** Why none of the driver's devices can be used; called only if that is so. */
    static String noDevice(Driver driver) {
        List<String> reasons = IntStream.range(0, driver.deviceCount())
                .mapToObj(device -> unusable(driver, device))
                .flatMap(Optional::stream)
                .toList();
        return reasons.isEmpty()
                ? "the driver sees no GPU; is CUDA_VISIBLE_DEVICES empty? Use Device.CPU"
                : String.join("\n", reasons);
    }

    /** The facts about this machine, determined once, on first use. */
    private static final class Machine {
        static final Optional<String> OBSTACLE;
        static final List<Device> DEVICES;

        static {
            Optional<String> obstacle = wrongSetting()
                    .or(() -> obstacle(
                            NEEDED.stream().map(NativeLibraries::status).toList()));
            List<Device> devices = List.of();
            if (obstacle.isEmpty()) {
                try {
                    Driver driver = Driver.open();
                    devices = usable(driver);
                    obstacle = devices.isEmpty() ? Optional.of(noDevice(driver)) : obstacle;
                } catch (CudaException e) {
                    obstacle = Optional.of(e.getMessage() + "; does nvidia-smi work? Use Device.CPU");
                }
            }
            OBSTACLE = obstacle;
            DEVICES = devices;
        }
    }
}
