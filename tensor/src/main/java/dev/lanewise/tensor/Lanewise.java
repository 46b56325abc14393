package dev.lanewise.tensor;

import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.BackendProvider.Availability;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.HostMemory;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What the library holds in this process, for diagnostics and for applications that the process outlives. */
public final class Lanewise {
    private Lanewise() {}

    /**
     * A backend that was found on the class or module path.
     *
     * @param name its short name, such as {@code vector-cpu}
     * @param reason why it can't be used here and what to do about it; empty where it can
     * @param devices the devices that it serves; empty where it can't be used
     */
    public record BackendReport(String name, String reason, List<DeviceReport> devices) {
        /** Holds the given values, none of which may be null. */
        public BackendReport {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(devices, "devices");
        }

        /**
         * Whether tensors can be on the backend's devices.
         *
         * @return false where {@link #reason} says what is missing
         */
        public boolean isAvailable() {
            return reason.isEmpty();
        }
    }

    /**
     * What a backend says about a device.
     *
     * @param device the device
     * @param backend the short name of the backend that serves it, such as {@code vector-cpu}
     * @param summary one line for display
     * @param details further facts by name, in the order to print them
     */
    public record DeviceReport(Device device, String backend, String summary, Map<String, String> details) {
        /** Holds the given values, none of which may be null. */
        public DeviceReport {
            Objects.requireNonNull(device, "device");
            Objects.requireNonNull(backend, "backend");
            Objects.requireNonNull(summary, "summary");
            Objects.requireNonNull(details, "details");
        }
    }

    /**
     * Every backend on the class or module path, whether or not it can be used here. Backends that can be used are
     * started, as a first operation would start them.
     *
     * @return the backends, in order of preference
     */
    public static List<BackendReport> backends() {
        return Backends.providers().stream().map(Lanewise::report).toList();
    }

    private static BackendReport report(BackendProvider provider) {
        return switch (provider.availability()) {
            case Availability.Available available ->
                new BackendReport(
                        provider.name(),
                        "",
                        provider.devices().stream().map(Lanewise::report).toList());
            case Availability.Unavailable unavailable ->
                new BackendReport(provider.name(), unavailable.reason(), List.of());
        };
    }

    private static DeviceReport report(Device device) {
        BackendInfo info = Backends.of(device).describe();
        return new DeviceReport(device, info.name(), info.summary(), info.details());
    }

    /**
     * The host memory that tensors have taken from the system and not given back, whether in use or kept for later
     * tensors.
     *
     * @return a number of bytes; steady in a loop whose tensors belong to scopes
     */
    public static long hostMemory() {
        return HostMemory.bytesFromSystem();
    }

    /**
     * Gives the host memory that no tensor uses back to the system at once; without this call it is given back within
     * minutes.
     *
     * @return how many bytes were given back
     */
    public static long trim() {
        return HostMemory.trim();
    }

    /**
     * Ends the library's threads and gives back the memory that no tensor uses, on every device: for an application
     * that ends while its process continues, such as one that a server redeploys. Nothing is lost: tensors stay as they
     * are, and the next operation starts threads again. Idle threads end by themselves within a minute or two.
     */
    public static void shutdown() {
        Backends.shutdown();
    }
}
