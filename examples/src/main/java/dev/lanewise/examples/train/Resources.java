package dev.lanewise.examples.train;

import dev.lanewise.tensor.Lanewise;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The resources that a run used. */
final class Resources {
    private static final Path STATUS = Path.of("/proc/self/status");

    private Resources() {}

    /** The greatest resident memory of the process in bytes (Linux), elsewhere that of tensors and the Java heap. */
    static long peakMemoryBytes() {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(kibibytes -> Long.parseLong(kibibytes) << 10)
                    .findFirst()
                    .orElseGet(Resources::ownBytes);
        } catch (IOException noSuchFile) {
            return ownBytes();
        }
    }

    private static long ownBytes() {
        return Lanewise.hostMemory()
                + ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .map(MemoryPoolMXBean::getPeakUsage)
                        .mapToLong(usage -> usage.getUsed())
                        .sum();
    }
}
