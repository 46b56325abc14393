package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.BackendUnavailableException;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.internal.BlockPool;
import dev.lanewise.tensor.internal.PoolKeeper;
import dev.lanewise.tensor.spi.BackendProvider.Availability;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The backends of this process, one per device, made when first asked for. */
public final class Backends {
    private static final ConcurrentHashMap<Device, Backend> CREATED = new ConcurrentHashMap<>();

    /** The CPU's among them: most operations ask for it, and the hash of a device takes as long as the rest of a look-up. */
    private static volatile @Nullable Backend cpu;

    private Backends() {}

    /**
     * The backend of a device.
     *
     * @param device where tensors are
     * @return the backend, with the decorators that were put around it
     * @throws BackendUnavailableException if no backend serves it, saying why and what to do
     */
    public static Backend of(Device device) {
        Backend backend = device.isCpu() ? cpu : CREATED.get(device);
        return backend != null ? backend : CREATED.computeIfAbsent(device, d -> noted(d, create(d)));
    }

    /** {@return all providers that were found, those of higher priority first} */
    public static List<BackendProvider> providers() {
        return Providers.ALL;
    }

    /**
     * Puts a decorator (for profiling, logging, checks) around a device's backend, for the whole process.
     *
     * @param device where the backend computes
     * @param decorator takes the backend and returns its replacement
     */
    public static void decorate(Device device, UnaryOperator<Backend> decorator) {
        of(device);
        CREATED.computeIfPresent(device, (d, backend) -> noted(d, decorator.apply(backend)));
    }

    /** Called while the entry is locked, so that no older backend replaces a newer one. */
    private static Backend noted(Device device, Backend backend) {
        if (device.isCpu()) {
            cpu = backend;
        }
        return backend;
    }

    /**
     * Ends the library's threads and gives back the memory that no tensor uses: for an application that ends while its
     * process continues, such as one that a server redeploys. Nothing is lost: tensors stay as they are, and the next
     * operation starts threads again. Idle threads end by themselves within a minute or two.
     */
    public static void shutdown() {
        CREATED.values().forEach(Backend::shutdown);
        BlockPool.SHARED.close();
        PoolKeeper.end();
    }

    private static Backend create(Device device) {
        List<BackendProvider> candidates =
                providers().stream().filter(p -> p.kind() == device.kind()).toList();
        for (BackendProvider provider : candidates) {
            if (provider.availability() instanceof Availability.Available
                    && provider.devices().contains(device)) {
                return provider.create(device);
            }
        }
        throw new BackendUnavailableException("no backend for device " + device + ": " + reasons(device, candidates));
    }

    private static String reasons(Device device, List<BackendProvider> candidates) {
        if (candidates.isEmpty()) {
            String artifact = device.isCpu() ? "lanewise-vector-cpu" : "lanewise-panama-cuda";
            return "no provider on the class or module path; add the artifact dev.lanewise:" + artifact;
        }
        return candidates.stream()
                .map(provider -> switch (provider.availability()) {
                    case Availability.Unavailable unavailable -> provider.name() + ": " + unavailable.reason();
                    case Availability.Available available ->
                        provider.name() + " has " + provider.devices() + "; choose one of them";
                })
                .collect(Collectors.joining("; "));
    }

    private static final class Providers {
        static final List<BackendProvider> ALL = load();

        private static List<BackendProvider> load() {
            try {
                ServiceLoader<BackendProvider> loader =
                        ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader());
                return StreamSupport.stream(loader.spliterator(), false)
                        .sorted(Comparator.comparingInt(BackendProvider::priority)
                                .reversed())
                        .toList();
            } catch (ServiceConfigurationError e) {
                throw new BackendUnavailableException(
                        "backend provider could not be loaded: " + e.getMessage() + "; check the class or module path");
            }
        }
    }
}
