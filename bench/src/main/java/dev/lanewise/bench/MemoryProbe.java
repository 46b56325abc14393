package dev.lanewise.bench;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A process that makes training steps of the workload that it is given: what {@code bench memory} observes. */
final class MemoryProbe {
    private static final int STEPS = 20;
    private static final Path STATUS = Path.of("/proc/self/status");

    private MemoryProbe() {}

    /** Makes the steps and prints the process's resident memory, as the peer's script does. */
    public static void main(String[] args) {
        double start = resident("VmRSS");
        Runnable step = TrainWorkload.of(args[0]).prepare(Device.CPU);
        for (int i = 0; i < STEPS; i++) {
            step.run();
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("workload", args[0]);
        line.put("start_mib", start);
        line.put("peak_mib", resident("VmHWM"));
        System.out.println(JsonLine.of(line));
    }

    /** A field of the kernel's statistics of this process, in MiB. */
    static double resident(String field) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(field)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
                }
            }
        } catch (IOException e) {
            throw new TensorException("bench memory: can't read " + STATUS + " (" + e + "); it needs Linux");
        }
        throw new TensorException("bench memory: " + STATUS + " has no " + field + "; it needs Linux");
    }
}
