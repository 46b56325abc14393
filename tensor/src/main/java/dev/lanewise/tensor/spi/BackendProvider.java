package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import java.util.List;

/**
 * Offers backends to {@link java.util.ServiceLoader}. Loading a provider and asking it for {@link #availability()} must
 * work on every machine, whatever the machine lacks.
 */
public interface BackendProvider {
    /** {@return a short name, for example {@code vector-cpu}} */
    String name();

    /** {@return the kind of device that this provider's backends serve} */
    Device.Kind kind();

    /** {@return a rank: of all available providers for one kind of device, the one with the highest rank is used} */
    int priority();

    /** {@return whether a backend can be made here, and if not, why and what to do} */
    Availability availability();

    /** {@return the devices that backends can be made for; empty if there are none} */
    List<Device> devices();

    /**
     * Makes the backend of one of {@link #devices()}. Called at most once per device.
     *
     * @param device one of this provider's devices
     * @return the new backend
     */
    Backend create(Device device);

    /** Whether a backend can be made on this machine. */
    sealed interface Availability {
        /** A backend can be made. */
        record Available() implements Availability {}

        /**
         * No backend can be made.
         *
         * @param reason what is missing and how to get it
         */
        record Unavailable(String reason) implements Availability {}
    }
}
