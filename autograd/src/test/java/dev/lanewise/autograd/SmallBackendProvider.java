package dev.lanewise.autograd;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import java.util.List;

/** Offers {@link SmallBackend} as the CPU's backend, for tests of this module alone. */
public final class SmallBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "small";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CPU;
    }

    @Override
    public int priority() {
        return Integer.MIN_VALUE;
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
        return new SmallBackend();
    }
}
