package dev.lanewise.testkit;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import java.util.List;

/** Offers the scalar oracle where no other backend serves the CPU, so that tests run without one. */
public final class ReferenceBackendProvider implements BackendProvider {
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
        return new Availability.Available();
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
