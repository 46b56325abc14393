package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import java.util.List;

/**
 * Offers backends to {@link java.util.ServiceLoader}. Being loaded and asked for {@link #availability()} must work on
 * every machine, whatever it lacks.
 */
public interface BackendProvider {
    /** A short name, for example {@code vector-cpu}. */
    String name();

    /** The kind of device that this provider's backends serve. */
    Device.Kind kind();

    /** Among providers of one kind the available one with the highest priority serves. */
    int priority();

    /** Whether a backend can be made here, and if not, why and what to do. */
    Availability availability();

    /** The devices that backends can be made for; empty where none is available. */
    List<Device> devices();

    /** Makes the backend of one of {@link #devices()}. Called at most once per device. */
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
