package dev.lanewise.bench.serving;

import dev.lanewise.tensor.Lanewise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Memory of this process over time, each time after a collection. */
final class MemorySamples {
    private static final double MIB = 1 << 20;
    private static final double NANOS_PER_MINUTE = 60e9;

    /** What may come from where samples happen to fall. */
    private static final double TOLERATED_SHARE = 0.1;

    private static final long TOLERATED_BYTES = 16 << 20;
    private static final int PARTS = 3;

    private record Sample(double minute, long heap, long tensors, long resident) {}

    private final List<Sample> samples = new ArrayList<>();

    /** Adds a sample, and says what it is. */
    String take() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        Sample sample = new Sample(
                System.nanoTime() / NANOS_PER_MINUTE,
                runtime.totalMemory() - runtime.freeMemory(),
                Lanewise.hostMemory(),
                resident());
        samples.add(sample);
        return String.format(
                Locale.ROOT,
                "heap %.1f MiB, tensors %.1f MiB, process %.0f MiB",
                sample.heap / MIB,
                sample.tensors / MIB,
                sample.resident / MIB);
    }

    /** In bytes; 0 where the system does not say. */
    private static long resident() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /** The growth of the process over the last half of the samples, by least squares; 0 for fewer than two. */
    double mibPerMinute() {
        List<Sample> half = samples.subList(samples.size() / 2, samples.size());
        double minute = half.stream().mapToDouble(Sample::minute).average().orElse(0);
        double resident = mean(half, Sample::resident);
        double product = 0;
        double square = 0;
        for (Sample sample : half) {
            product += (sample.minute - minute) * (sample.resident - resident);
            square += (sample.minute - minute) * (sample.minute - minute);
        }
        return square == 0 ? 0 : product / square / MIB;
    }

    /** What has grown from the second third of the samples to the last; the first one is warm-up. */
    List<String> grown() {
        List<String> grown = new ArrayList<>();
        if (samples.size() >= PARTS) {
            check("heap", Sample::heap, grown);
            check("tensors", Sample::tensors, grown);
            check("process", Sample::resident, grown);
        }
        return grown;
    }

    private void check(String what, ToLongFunction<Sample> value, List<String> grown) {
        int third = samples.size() / PARTS;
        double middle = mean(samples.subList(third, samples.size() - third), value);
        double last = mean(samples.subList(samples.size() - third, samples.size()), value);
        if (last > middle * (1 + TOLERATED_SHARE) + TOLERATED_BYTES) {
            grown.add(String.format(
                    Locale.ROOT, "memory has grown: %s from %.1f to %.1f MiB", what, middle / MIB, last / MIB));
        }
    }

    private static double mean(List<Sample> some, ToLongFunction<Sample> value) {
        return some.stream().mapToLong(value).average().orElse(0);
    }
}
