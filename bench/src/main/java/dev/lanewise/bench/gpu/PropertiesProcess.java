package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.cuda.CudnnPlans;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process that writes cuDNN's properties of a device to a file, for checking plans where there is no such device. */
final class PropertiesProcess {
    private PropertiesProcess() {}

    /** Writes: device, file. */
    public static void main(String[] args) throws IOException {
        Child.endWithParent();
        Device device = Device.parse(args[0]);
        try (var ignored = Scope.open("context")) {
            // makes the device's context current on this thread
            double zero = Tensor.full(0, DType.F32, device, 1).item();
            Files.writeString(Path.of(args[1]), CudnnPlans.deviceProperties(device.index()));
            assert zero == 0 : zero;
        }
    }
}
