package dev.lanewise.bench.steady;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedObject;
import jdk.jfr.consumer.RecordingFile;

/**
 * The calls inside the kernels that C2 did not inline because a method had grown too large: read from a recording of
 * the JDK Flight Recorder with {@code jdk.CompilerInlining} and {@code jdk.Compilation}. One such call in an inner loop
 * has every accumulator spilled around it and makes the loop three times slower.
 */
public final class Inlining {
    /** Settings of a recording that hold what {@link #leftAsCalls} reads. */
    private static final String SETTINGS = """
            <?xml version="1.0" encoding="UTF-8"?>
            <configuration version="2.0">
              <event name="jdk.CompilerInlining"><setting name="enabled">true</setting></event>
              <event name="jdk.Compilation">
                <setting name="enabled">true</setting><setting name="threshold">0 ms</setting>
              </event>
            </configuration>
            """;

    /** What an inner loop is made of: vectors, memory, and our own accessors. */
    private static final Pattern ACCESS = Pattern.compile(
            "jdk/incubator/vector/.*|jdk/internal/vm/vector/.*|jdk/internal/foreign/.*|java/lang/foreign/.*"
                    + "|jdk/internal/misc/(Unsafe|ScopedMemoryAccess)|java/lang/invoke/.*Segment.*"
                    + "|dev/lanewise/cpu/memory/Access|dev/lanewise/cpu/LaneSum");

    /** Limits of size and depth; other reasons (a branch never taken, say) do no harm. */
    private static final Pattern LIMIT = Pattern.compile(
            "NodeCountInliningCutoff|.*size > DesiredMethodLimit.*|.*too deep.*|.*(big|medium) method.*|.*too large.*"
                    + "|.*hot method too big.*|.*out of nodes.*",
            Pattern.CASE_INSENSITIVE);

    private static final String KERNELS = "dev.lanewise.cpu.";

    /** Finds an operation's kernel; what it takes in of small ones runs once for a call, not in a loop. */
    private static final String DISPATCH = KERNELS + "VectorBackend.";

    private static final int C2 = 4;

    private Inlining() {}

    /** Writes the settings of a recording, for {@code -XX:StartFlightRecording:settings=}. */
    static void writeSettings(Path file) {
        try {
            Files.writeString(file, SETTINGS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The accesses that C2 left as calls in the kernels of the CPU backend, each as {@code method: callee: reason}.
     *
     * @throws IOException if the recording can't be read
     */
    public static Set<String> leftAsCalls(Path recording) throws IOException {
        Map<Integer, List<RecordedEvent>> failures = new HashMap<>();
        Map<Integer, String> compiled = new HashMap<>();
        try (RecordingFile events = new RecordingFile(recording)) {
            while (events.hasMoreEvents()) {
                RecordedEvent event = events.readEvent();
                int id = event.getInt("compileId");
                if (event.getEventType().getName().equals("jdk.Compilation")) {
                    if (event.getShort("compileLevel") == C2) {
                        compiled.put(id, name(event.getValue("method")));
                    }
                } else if (!event.getBoolean("succeeded")
                        && LIMIT.matcher(event.getString("message")).matches()) {
                    failures.computeIfAbsent(id, key -> new ArrayList<>()).add(event);
                }
            }
        }
        if (compiled.isEmpty()) {
            throw new IOException(recording + ": no compilation (expected a recording with jdk.Compilation)");
        }
        Set<String> found = new TreeSet<>();
        failures.forEach((id, events) -> {
            String root = compiled.getOrDefault(id, "");
            for (RecordedEvent event : events) {
                String callee = event.getString("callee.type");
                if (root.startsWith(KERNELS)
                        && !root.startsWith(DISPATCH)
                        && ACCESS.matcher(callee).matches()) {
                    found.add(root + ": " + callee + "." + event.getString("callee.name") + ": "
                            + event.getString("message"));
                }
            }
        });
        return found;
    }

    private static String name(RecordedObject method) {
        return method == null ? "?" : method.getString("type.name").replace('/', '.') + "." + method.getString("name");
    }
}
