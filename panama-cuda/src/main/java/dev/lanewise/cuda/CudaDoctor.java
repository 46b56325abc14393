package dev.lanewise.cuda;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.DeviceAttribute;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The part of {@code doctor} about CUDA. It works on every machine, and opens libraries only when asked. */
public final class CudaDoctor {
    private CudaDoctor() {}

    /**
     * For each library, where it was found and in which version, or every place searched and what to do; then the
     * devices.
     *
     * @return lines for display
     */
    public static List<String> report() {
        List<String> lines = new ArrayList<>();
        for (LibraryStatus status : NativeLibraries.statuses().values()) {
            lines.addAll(status.describe().lines().toList());
        }
        lines.addAll(devices());
        return lines;
    }

    private static List<String> devices() {
        try {
            Driver driver = Driver.open();
            List<String> lines = new ArrayList<>();
            for (int device = 0; device < driver.deviceCount(); device++) {
                lines.add(describe(driver, device));
            }
            return lines.isEmpty() ? List.of("CUDA devices: none") : lines;
        } catch (CudaException e) {
            // The places looked, of which the message tells too, are listed above.
            String why = NativeLibraries.status(NativeLibrary.DRIVER) instanceof LibraryStatus.Missing missing
                    ? missing.describe().lines().findFirst().orElse("")
                    : e.getMessage();
            return List.of("CUDA devices: none (" + why + ")");
        }
    }

    static String describe(Driver driver, int device) {
        return String.format(
                Locale.ROOT,
                "cuda:%d: %s, compute capability %d.%d, %d multiprocessors, %.1f GiB",
                device,
                driver.deviceName(device),
                driver.attribute(device, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR),
                driver.attribute(device, DeviceAttribute.COMPUTE_CAPABILITY_MINOR),
                driver.attribute(device, DeviceAttribute.MULTIPROCESSOR_COUNT),
                driver.totalMemory(device) / (double) (1L << 30));
    }
}
