package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How much memory this process may have: {@code -Dlanewise.memory} bytes, else the smallest of the limits of its control
 * groups (a container's, Linux versions 1 and 2) and of the machine's memory.
 *
 * @param bytes the limit, {@link Long#MAX_VALUE} where none is known
 * @param source where it comes from, for display
 */
public record MemoryLimit(long bytes, String source) {
    /** The property for the bytes outside of scopes beyond which garbage is collected; see {@link Reclaimer}. */
    static final String UNSCOPED = "lanewise.unscoped";

    private static final String MEMORY = "lanewise.memory";

    /** What the JVM takes besides its heap: code, classes, threads, its collector's tables. */
    private static final long JVM = 64L << 20;

    /** Version 1 reports "no limit" as this number, rounded to pages. */
    private static final long UNLIMITED = 1L << 60;

    /** What the line of the machine's memory begins with. */
    private static final String TOTAL = "MemTotal:";

    private static final String VERSION_1 = "memory.limit_in_bytes";
    private static final String VERSION_2 = "memory.max";

    private static volatile @Nullable MemoryLimit ofProcess;

    /**
     * The limit of this process.
     *
     * @throws TensorException if the property, or the other one about memory, is not a number of bytes
     */
    public static MemoryLimit ofProcess() {
        MemoryLimit known = ofProcess;
        if (known == null) {
            // the reclaimer's initializer must not fail: what is wrong with its number is said where memory is taken
            check(UNSCOPED, System.getProperty(UNSCOPED, ""), 0);
            known = find(Path.of("/"), System.getProperty(MEMORY, ""));
            ofProcess = known;
        }
        return known;
    }

    /**
     * The limit that files below a root describe.
     *
     * @param root the file system's root; another folder in tests
     * @param property bytes, or empty
     */
    static MemoryLimit find(Path root, String property) {
        if (!property.isBlank()) {
            return new MemoryLimit(check(MEMORY, property, 1), "-D" + MEMORY);
        }
        MemoryLimit limit = machine(root);
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            // "0::/path" for version 2, "4:memory:/path" for version 1
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].isEmpty()) {
                limit = limit.smaller(groups(root.resolve("sys/fs/cgroup"), parts[2], VERSION_2));
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                limit = limit.smaller(groups(root.resolve("sys/fs/cgroup/memory"), parts[2], VERSION_1));
            }
        }
        return limit;
    }

    /** How much of it tensors may take, given the present size of the Java heap. */
    public long forTensors() {
        return bytes == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : Math.max(0, bytes - Runtime.getRuntime().totalMemory() - Math.max(JVM, bytes / 32));
    }

    /** The limit, where it comes from, and how much of it tensors may take, for display. */
    @Override
    public String toString() {
        return bytes == Long.MAX_VALUE
                ? "as much as there is"
                : (bytes >> 20) + " MiB (" + source + "), now " + (forTensors() >> 20) + " MiB of them for tensors";
    }

    /**
     * A property's bytes.
     *
     * @param value as it was given; blank counts as the least
     * @throws TensorException if it is not a number of at least the least
     */
    static long check(String property, String value, long least) {
        if (value.isBlank()) {
            return least;
        }
        try {
            long bytes = Long.parseLong(value.strip());
            if (bytes >= least) {
                return bytes;
            }
        } catch (NumberFormatException e) {
            // the error below says what is wrong
        }
        throw new TensorException(property + ": " + value + " (expected a number of bytes, " + least
                + " or more); correct or remove -D" + property);
    }

    /**
     * The limits of a group and of its ancestors. Inside a container the path may be that of the host; then the root's
     * limit is used.
     */
    private static MemoryLimit groups(Path mount, String group, String file) {
        Path path =
                mount.resolve(group.substring(group.startsWith("/") ? 1 : 0)).normalize();
        MemoryLimit limit = none();
        for (Path at = path.startsWith(mount) ? path : mount; at != null && at.startsWith(mount); at = at.getParent()) {
            limit = limit.smaller(read(at.resolve(file)));
        }
        return limit;
    }

    private static MemoryLimit read(Path file) {
        for (String line : lines(file)) {
            String text = line.strip();
            if (isNumber(text, 18)) {
                long bytes = Long.parseLong(text);
                return bytes < UNLIMITED ? new MemoryLimit(bytes, "container, " + file) : none();
            }
        }
        return none();
    }

    /** Whether a text is a number of at most so many digits; by hand, since the first operation of a process waits for it. */
    private static boolean isNumber(String text, int mostDigits) {
        boolean isNumber = !text.isEmpty() && text.length() <= mostDigits;
        for (int i = 0; isNumber && i < text.length(); i++) {
            isNumber = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        return isNumber;
    }

    private static MemoryLimit machine(Path root) {
        for (String line : lines(root.resolve("proc/meminfo"))) {
            if (line.startsWith(TOTAL)) {
                String kilobytes =
                        line.substring(TOTAL.length()).replace("kB", "").strip();
                return isNumber(kilobytes, 15) ? new MemoryLimit(Long.parseLong(kilobytes) << 10, "machine") : none();
            }
        }
        return none();
    }

    private MemoryLimit smaller(MemoryLimit other) {
        return other.bytes < bytes ? other : this;
    }

    private static MemoryLimit none() {
        return new MemoryLimit(Long.MAX_VALUE, "unknown");
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException | RuntimeException e) {
            // a system file that can't be read sets no limit
            return List.of();
        }
    }
}
