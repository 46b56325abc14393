package dev.lanewise.testkit;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import java.util.List;

/**
 * Offers the scalar oracle as the CPU's backend if there is no other and {@code -Dlanewise.reference=true} requests it.
 * It is many times slower than a real backend, so it is never used unasked.
 */
public final class ReferenceBackendProvider implements BackendProvider {
    private static final String PROPERTY = "lanewise.reference";

    /** Made by the service loader. */
    public ReferenceBackendProvider() {}

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CPU;
    }

    @Override
    public int priority() {
        return -100;
    }

    @Override
    public Availability availability() {
        return Boolean.getBoolean(PROPERTY)
                ? new Availability.Available()
                : new Availability.Unavailable("slow, for tests only; -D" + PROPERTY + "=true lets it serve");
    }

    @Override
    public List<Device> devices() {
        return List.of(Device.CPU);
    }

    @Override
    public Backend create(Device device) {
        return new ReferenceBackend();
    }
}
