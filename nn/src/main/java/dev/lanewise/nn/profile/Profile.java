package dev.lanewise.nn.profile;

import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Device;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What {@link Profiler} measured. As text it is a table, the operation that took longest first:
 *
 * <pre>{@code
 * Operation      Calls   Total ms   Mean us    Max us  Share  Results MiB
 * matmul            40      12.31     307.8     402.0  61.5%         15.6
 * relu              20       0.91      45.5      60.1   4.5%          7.8
 * 60 operations in 20.0 ms, 13.2 ms of them in operations
 * }</pre>
 *
 * @param events the operations, in the order in which they began
 * @param memory what tensors took in every scope, each scope before those inside it; the first one is everything
 * @param nanos how long the code took
 * @param leftOut how many operations came after the first million and are not among the events
 */
public record Profile(List<Event> events, List<Memory> memory, long nanos, long leftOut) {
    private static final JsonFactory JSON = new JsonFactory();

    /** Copies the lists. */
    public Profile {
        Objects.requireNonNull(events, "events");
        events = List.copyOf(events);
        memory = List.copyOf(Objects.requireNonNull(memory, "memory"));
    }

    /**
     * One operation.
     *
     * @param operation its name
     * @param result type and shape of its first result
     * @param device where it was computed
     * @param thread the name of the thread that asked for it
     * @param start when it began, in nanoseconds since the recording began
     * @param nanos how long it took
     * @param bytes the size of its results
     */
    public record Event(
            String operation, String result, Device device, String thread, long start, long nanos, long bytes) {
        /** Holds the given values, none of which may be null. */
        public Event {
            Objects.requireNonNull(operation, "operation");
            Objects.requireNonNull(result, "result");
            Objects.requireNonNull(device, "device");
            Objects.requireNonNull(thread, "thread");
        }
    }

    /**
     * All operations of one name.
     *
     * @param operation their name
     * @param calls how many there were
     * @param nanos how long they took together
     * @param longest how long the longest took, in nanoseconds
     * @param bytes the size of their results
     */
    public record Row(String operation, long calls, long nanos, long longest, long bytes) {
        /** Holds the given values, none of which may be null. */
        public Row {
            Objects.requireNonNull(operation, "operation");
        }

        private Row plus(Event event) {
            return new Row(
                    operation, calls + 1, nanos + event.nanos, Math.max(longest, event.nanos), bytes + event.bytes);
        }
    }

    /**
     * The memory of tensors made while a scope was open, including those of scopes inside it. Layers open
     * scopes of their own, named by their classes, as gradients of operations do.
     *
     * @param scopes the names of the scope and of those around it, the outermost first; empty for everything
     * @param allocations how many blocks of memory there were
     * @param bytes their size
     * @param peak the most of these bytes that were in use at a time
     * @param left how many of them were in use in the end
     */
    public record Memory(List<String> scopes, long allocations, long bytes, long peak, long left) {
        /** Copies the names. */
        public Memory {
            scopes = List.copyOf(Objects.requireNonNull(scopes, "scopes"));
        }
    }

    /** {@return the operations by name, those that took longest first} */
    public List<Row> rows() {
        Map<String, Row> rows = new LinkedHashMap<>();
        for (Event event : events) {
            Row row = rows.getOrDefault(event.operation, new Row(event.operation, 0, 0, 0, 0));
            rows.put(event.operation, row.plus(event));
        }
        return rows.values().stream()
                .sorted(Comparator.comparingLong(Row::nanos).reversed())
                .toList();
    }

    /**
     * {@return the memory by scope as a table, inner scopes below and to the right of those around them}
     *
     * <pre>{@code
     * Scope                    Allocations    MiB in all   Peak MiB   Left MiB
     * everything                       620         155.2       31.0        7.8
     * step                             618         147.4       23.3        0.0
     *   Sequential                      80          31.1       15.6        0.0
     * }</pre>
     */
    public String memoryTable() {
        int width = Math.max(
                10, memory.stream().mapToInt(row -> label(row).length()).max().orElse(0));
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-" + width + "s %12s %12s %10s %10s",
                "Scope",
                "Allocations",
                "MiB in all",
                "Peak MiB",
                "Left MiB"));
        for (Memory row : memory) {
            table.append(String.format(
                    Locale.ROOT,
                    "%n%-" + width + "s %12d %12.1f %10.1f %10.1f",
                    label(row),
                    row.allocations,
                    mebibytes(row.bytes),
                    mebibytes(row.peak),
                    mebibytes(row.left)));
        }
        return table.toString();
    }

    private static String label(Memory row) {
        return row.scopes.isEmpty() ? "everything" : "  ".repeat(row.scopes.size() - 1) + row.scopes.getLast();
    }

    private static double mebibytes(long bytes) {
        return bytes / (double) (1 << 20);
    }

    /**
     * Writes the operations as a trace in the JSON format of Chrome's tracing, which {@code chrome://tracing} and
     * Perfetto show: a line for every thread.
     *
     * @param file the file to write
     * @throws BadFileException if it cannot be written; an old one is then unchanged
     */
    public void writeTrace(Path file) {
        AtomicFile.write(file, channel -> {
            try (JsonGenerator json = JSON.createGenerator(
                    ObjectWriteContext.empty(), Channels.newOutputStream(channel), JsonEncoding.UTF8)) {
                json.writeStartObject();
                json.writeArrayPropertyStart("traceEvents");
                Map<String, Integer> threads = new HashMap<>();
                for (Event event : events) {
                    Integer number = threads.get(event.thread);
                    if (number == null) {
                        number = threads.size() + 1;
                        threads.put(event.thread, number);
                        writeThread(json, number, event.thread);
                    }
                    write(json, event, number);
                }
                json.writeEndArray();
                json.writeStringProperty("displayTimeUnit", "ms");
                json.writeEndObject();
            }
        });
    }

    private static void writeThread(JsonGenerator json, int number, String name) {
        json.writeStartObject();
        json.writeStringProperty("name", "thread_name");
        json.writeStringProperty("ph", "M");
        json.writeNumberProperty("pid", 1);
        json.writeNumberProperty("tid", number);
        json.writeObjectPropertyStart("args");
        json.writeStringProperty("name", name);
        json.writeEndObject();
        json.writeEndObject();
    }

    /** A complete event; its times are in microseconds. */
    private static void write(JsonGenerator json, Event event, int thread) {
        json.writeStartObject();
        json.writeStringProperty("name", event.operation);
        json.writeStringProperty("cat", event.device.toString());
        json.writeStringProperty("ph", "X");
        json.writeNumberProperty("pid", 1);
        json.writeNumberProperty("tid", thread);
        json.writeNumberProperty("ts", event.start / 1e3);
        json.writeNumberProperty("dur", event.nanos / 1e3);
        json.writeObjectPropertyStart("args");
        json.writeStringProperty("result", event.result);
        json.writeNumberProperty("bytes", event.bytes);
        json.writeEndObject();
        json.writeEndObject();
    }

    @Override
    public String toString() {
        List<Row> rows = rows();
        int width = Math.max(
                9, rows.stream().mapToInt(row -> row.operation.length()).max().orElse(0));
        long inside = rows.stream().mapToLong(Row::nanos).sum();
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-" + width + "s %8s %10s %9s %9s %6s %12s%n",
                "Operation",
                "Calls",
                "Total ms",
                "Mean us",
                "Max us",
                "Share",
                "Results MiB"));
        for (Row row : rows) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-" + width + "s %8d %10.2f %9.1f %9.1f %5.1f%% %12.1f%n",
                    row.operation,
                    row.calls,
                    row.nanos / 1e6,
                    row.nanos / 1e3 / row.calls,
                    row.longest / 1e3,
                    nanos == 0 ? 0.0 : 100.0 * row.nanos / nanos,
                    mebibytes(row.bytes)));
        }
        String more = leftOut == 0 ? "" : "; " + leftOut + " more were not recorded";
        return table
                + String.format(
                        Locale.ROOT,
                        "%d operations in %.1f ms, %.1f ms of them in operations%s",
                        events.size(),
                        nanos / 1e6,
                        inside / 1e6,
                        more);
    }
}
