package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.TrainWorkload;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A process that makes training steps, device and number given, and prints after each fifth of them how much memory is in
 * use, beside that after the first: on a GPU the whole device's, as its driver says, else this process's resident memory.
 */
final class SoakProcess {
    private static final long PAGE = 4096;
    private static final int PARTS = 5;
    private static final String MEBIBYTES = " MiB";

    /** How much more memory may be in use in the end: what other processes and the JVM's own housekeeping take. */
    private static final double SLACK_MIB = 32;

    private SoakProcess() {}

    /** Makes the steps. */
    public static void main(String[] args) throws IOException {
        Child.endWithParent();
        Device device = Device.parse(args[0]);
        int steps = Integer.parseInt(args[1]);
        Runnable step = TrainWorkload.MLP.prepare(device);
        double first = 0;
        for (int part = 1; part <= PARTS; part++) {
            repeat(step, steps / PARTS, device);
            double used = memory(device);
            first = part == 1 ? used : first;
            print(part * (steps / PARTS), first, used);
        }
    }

    private static void print(int steps, double before, double after) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("steps", steps);
        line.put("before_mib", before);
        line.put("after_mib", after);
        System.out.println(JsonLine.of(line));
        System.out.flush();
    }

    /**
     * What the process has found out.
     *
     * @param line the members of its last line
     * @param problem what went wrong, if anything did
     */
    static StepResult result(Map<String, Object> line, String problem) {
        if (!(line.get("before_mib") instanceof Double before) || !(line.get("after_mib") instanceof Double after)) {
            return StepResult.failed(problem);
        }
        boolean flat = after <= before * 1.05 + SLACK_MIB;
        String summary = String.format(
                "%.0f MiB after the first steps of %s, %.0f MiB after all of them", before, line.get("steps"), after);
        return new StepResult(flat ? StepResult.PASSED : StepResult.FAILED, summary, List.of(line), List.of())
                .with(problem.isEmpty() ? List.of() : List.of(problem));
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
        return used(Backends.of(device).describe().details());
    }

    /** The MiB in use of a GPU, as its backend describes it. */
    static double used(Map<String, String> details) {
        return mebibytes(details, "memory") - mebibytes(details, "free memory");
    }

    private static long mebibytes(Map<String, String> details, String name) {
        String text = details.getOrDefault(name, "");
        if (!text.endsWith(MEBIBYTES)) {
            throw new TensorException(
                    "soak: the backend says '" + name + "' is '" + text + "' (expected MiB): " + details);
        }
        return Long.parseLong(text.substring(0, text.length() - MEBIBYTES.length()));
    }
}
