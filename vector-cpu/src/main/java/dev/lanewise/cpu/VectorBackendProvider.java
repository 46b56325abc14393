package dev.lanewise.cpu;

import dev.lanewise.cpu.conv.ConvAlgorithm;
import dev.lanewise.cpu.gemm.TileMemory;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendProvider;
import java.util.List;

/**
 * Offers the CPU. This class refers to no vector type, so that it loads where the module {@code jdk.incubator.vector}
 * is absent and can say so.
 */
public final class VectorBackendProvider implements BackendProvider {
    private static final String VECTOR_MODULE = "jdk.incubator.vector";
    private static final int PRIORITY = 100;

    /** For {@link java.util.ServiceLoader}. */
    public VectorBackendProvider() {}

    @Override
    public String name() {
        return "vector-cpu";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CPU;
    }

    @Override
    public int priority() {
        return PRIORITY;
    }

    @Override
    public Availability availability() {
        if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
            return new Availability.Unavailable("the Vector API module is missing; add --add-modules " + VECTOR_MODULE
                    + " to the java command line");
        }
        try {
            Workers.checkSetting();
            ConvAlgorithm.checkSetting();
            TileMemory.checkSetting();
        } catch (TensorException wrong) {
            return new Availability.Unavailable(String.valueOf(wrong.getMessage()));
        }
        return Machine.obstacle()
                .<Availability>map(Availability.Unavailable::new)
                .orElseGet(Availability.Available::new);
    }

    @Override
    public List<Device> devices() {
        return availability() instanceof Availability.Available ? List.of(Device.CPU) : List.of();
    }

    @Override
    public Backend create(Device device) {
        return new VectorBackend();
    }
}
