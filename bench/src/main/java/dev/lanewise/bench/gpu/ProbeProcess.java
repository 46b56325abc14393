package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.BackendUnavailableException;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Backends;
import java.util.LinkedHashMap;
import java.util.Map;

/** A process that says what serves the device it is given, after a first computation on it, or why nothing does. */
final class ProbeProcess {
    private ProbeProcess() {}

    /** Computes and prints. */
    public static void main(String[] args) {
        Child.endWithParent();
        Device device = Device.parse(args[0]);
        Map<String, Object> line = new LinkedHashMap<>();
        try {
            BackendInfo info = Backends.of(device).describe();
            Tensor sum = Tensor.full(2, DType.F32, device, 8).sum();
            line.put("backend", info.name());
            line.put("summary", info.summary());
            line.put("details", info.details());
            line.put("computes", sum.item() == 16);
        } catch (BackendUnavailableException e) {
            line.put("unavailable", String.valueOf(e.getMessage()));
        }
        System.out.println(JsonLine.of(line));
    }
}
