package dev.lanewise.bench.steady;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * The calls inside the kernels that C2 did not inline because a method had grown too large: read from a recording of
 * the JDK Flight Recorder with {@code jdk.CompilerInlining} and {@code jdk.Compilation}. One such call in an inner loop
 * has every accumulator spilled around it and makes the loop three times slower; a vector that crosses a call becomes an
 * object as well.
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

    /** Own accessors: they are part of the methods that call them. */
    private static final Pattern ACCESSOR = Pattern.compile("dev/lanewise/cpu/memory/Access|dev/lanewise/cpu/LaneSum");

    /**
     * Limits of size and depth. Other reasons do no harm: a branch never taken, say, or a call of a "medium" method, which is
     * refused only where it is rare.
     */
    private static final Pattern LIMIT = Pattern.compile(
            "NodeCountInliningCutoff|.*size > DesiredMethodLimit.*|.*too deep.*|.*big method.*|.*too large.*"
                    + "|.*hot method too big.*|.*out of nodes.*",
            Pattern.CASE_INSENSITIVE);

    private static final String KERNELS = "dev/lanewise/cpu/";

    /** Finds an operation's kernel; what it takes in of small ones runs once for a call, not in a loop. */
    private static final String DISPATCH = KERNELS + "VectorBackend";

    /** Makes the scalar form of a vector operation when it is first asked for; a call that is never made again. */
    private static final String OPERATORS_CACHE = "jdk/incubator/vector/VectorOperators$ImplCache.find";

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
     * The accesses, and the methods of vectors, that C2 left as calls in the kernels of the CPU backend, each as {@code compiled method: method that it
     * is written in: callee: reason}. The compiled method may be one that took the other in.
     *
     * @throws IOException if the recording can't be read
     */
    public static Set<String> leftAsCalls(Path recording) throws IOException {
        Map<Integer, Compilation> compilations = new HashMap<>();
        try (RecordingFile events = new RecordingFile(recording)) {
            while (events.hasMoreEvents()) {
                RecordedEvent event = events.readEvent();
                Compilation compilation =
                        compilations.computeIfAbsent(event.getInt("compileId"), id -> new Compilation());
                if (event.getEventType().getName().equals("jdk.CompilerInlining")) {
                    compilation.decide(event);
                } else if (event.getShort("compileLevel") == C2) {
                    compilation.method = method(event.getValue("method"));
                }
            }
        }
        compilations.values().removeIf(compilation -> compilation.method.isEmpty());
        if (compilations.isEmpty()) {
            throw new IOException(recording + ": no compilation (expected a recording with jdk.Compilation)");
        }
        Set<String> found = new TreeSet<>();
        compilations.values().forEach(compilation -> compilation.addFailures(found));
        return found;
    }

    /** What C2 decided in one compilation. */
    private static final class Compilation {
        /** Methods that were inlined, with those that call them. */
        private final Map<String, Set<String>> callers = new HashMap<>();

        private final List<RecordedEvent> failures = new ArrayList<>();

        /** The method, empty unless C2 compiled it. */
        private String method = "";

        void decide(RecordedEvent event) {
            if (event.getBoolean("succeeded")) {
                callers.computeIfAbsent(callee(event), key -> new TreeSet<>()).add(method(event.getValue("caller")));
            } else if (LIMIT.matcher(event.getString("message")).matches()) {
                failures.add(event);
            }
        }

        void addFailures(Set<String> found) {
            for (RecordedEvent event : failures) {
                String caller = method(event.getValue("caller"));
                if (caller.equals(OPERATORS_CACHE) || !holdsVectors(event)) {
                    continue;
                }
                for (String kernel : writtenIn(caller)) {
                    if (kernel.startsWith(KERNELS) && !kernel.startsWith(DISPATCH)) {
                        found.add(method + ": " + kernel + ": " + callee(event) + ": " + event.getString("message"));
                    }
                }
            }
        }

        /**
         * Whether a callee accesses memory or computes with vectors, or is a method of ours that takes or returns one. Those
         * that were "compiled into a big method" are left out: the tour has them compiled before their profile says which
         * vectors they are given, and only then are they big.
         */
        private static boolean holdsVectors(RecordedEvent event) {
            return ACCESS.matcher(event.getString("callee.type")).matches()
                    || event.getString("callee.descriptor").contains("Ljdk/incubator/vector/")
                            && !event.getString("message").contains("big method");
        }

        /** The methods of ours nearest above one that C2 wrote out; the record names callers, not the whole way. */
        private Set<String> writtenIn(String innermost) {
            Set<String> own = new TreeSet<>();
            Set<String> seen = new HashSet<>();
            Deque<String> open = new ArrayDeque<>(List.of(innermost));
            while (!open.isEmpty()) {
                String next = open.pop();
                if (seen.add(next)) {
                    if (next.startsWith("dev/lanewise/")
                            && !ACCESSOR.matcher(type(next)).matches()) {
                        own.add(next);
                    } else {
                        open.addAll(callers.getOrDefault(next, Set.of()));
                    }
                }
            }
            return own;
        }
    }

    private static String callee(RecordedEvent event) {
        return event.getString("callee.type") + "." + event.getString("callee.name");
    }

    private static String method(@Nullable RecordedMethod method) {
        return method == null ? "?" : method.getType().getName().replace('.', '/') + "." + method.getName();
    }

    private static String type(String method) {
        return method.substring(0, method.lastIndexOf('.'));
    }
}
