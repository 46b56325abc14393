package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.TrainWorkload;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A process that makes training steps, device and number given, and prints how much memory was in use after a fifth of
 * them and at the end: on a GPU the whole device's, as its driver says, else this process's resident memory.
 */
final class SoakProcess {
    private static final long PAGE = 4096;

    private SoakProcess() {}

    /** Makes the steps. */
    public static void main(String[] args) throws IOException {
        Child.endWithParent();
        Device device = Device.parse(args[0]);
        int steps = Integer.parseInt(args[1]);
        Runnable step = TrainWorkload.MLP.prepare(device);
        repeat(step, steps / 5, device);
        double before = memory(device);
        repeat(step, steps - steps / 5, device);
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("steps", steps);
        line.put("before_mib", before);
        line.put("after_mib", memory(device));
        System.out.println(JsonLine.of(line));
    }

    private static void repeat(Runnable step, int times, Device device) {
        for (int i = 0; i < times; i++) {
            step.run();
        }
        Backends.of(device).synchronize();
        System.gc();
    }

    private static double memory(Device device) throws IOException {
        if (device.isCpu()) {
            String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
            return Long.parseLong(pages[1]) * PAGE / 1048576.0;
        }
        Process query = new ProcessBuilder(
                        "nvidia-smi",
                        "--query-gpu=memory.used",
                        "--format=csv,noheader,nounits",
                        "--id=" + device.index())
                .start();
        String answer = new String(query.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        try {
            return Double.parseDouble(answer.strip());
        } catch (NumberFormatException e) {
            throw new TensorException("soak: nvidia-smi said '" + answer.strip()
                    + "' (expected the memory in use in MiB); run it to see why");
        }
    }
}
