package dev.lanewise.bench.steady;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Main;
import dev.lanewise.bench.Measurements;
import dev.lanewise.bench.Spread;
import dev.lanewise.bench.TrainWorkload;
import dev.lanewise.examples.JsonLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench steady}. */
@Command(
        name = "steady",
        description =
                "Time training steps in fresh JVMs, in a different order in each, alternating with PyTorch: best, median and"
                        + " worst of both, and for a slow JVM the calls that its compiler did not inline in the kernels.",
        sortOptions = false)
public final class SteadyCommand implements Callable<Integer> {
    /** A JVM counts as slow from this ratio to the best on. */
    private static final double SLOW = 1.25;

    @Spec
    private CommandSpec spec;

    @Option(names = "--jvms", paramLabel = "N", description = "Fresh JVMs. Default: 10.")
    private int jvms = 10;

    @Option(names = "--seed", paramLabel = "N", description = "The seed of the orders. Default: 1.")
    private long seed = 1;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Only these; names separated by commas.")
    private List<String> only = TrainWorkload.names();

    @Option(names = "--threads", paramLabel = "N", description = "Threads of both. Default: all cores.")
    private @Nullable Integer threads;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds per measurement.")
    private @Nullable Integer rounds;

    @Option(names = "--budget", paramLabel = "SECONDS", description = "About how long a round takes.")
    private @Nullable Double budget;

    @Option(names = "--busy", paramLabel = "N", description = "Busy loops that run alongside both sides. Default: 0.")
    private int busy;

    @Option(names = "--no-peer", description = "Measure only our side.")
    private boolean noPeer;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    SteadyCommand() {}

    @Override
    public Integer call() throws IOException {
        check();
        boolean peer = !noPeer && Child.peerIsThere();
        if (!noPeer && !peer) {
            spec.commandLine().getErr().println("steady: python3 with torch was not found; nothing to compare with");
        }
        Map<String, List<Double>> ours = new LinkedHashMap<>();
        Map<String, List<Double>> theirs = new LinkedHashMap<>();
        List<Set<String>> calls = new ArrayList<>();
        Path folder = Files.createTempDirectory("lanewise-steady");
        List<Process> loops = new ArrayList<>();
        try {
            for (int i = 0; i < busy; i++) {
                loops.add(new ProcessBuilder(Child.java(List.of(), BusyLoop.class, List.of())).start());
            }
            Random random = new Random(seed);
            for (int jvm = 0; jvm < jvms; jvm++) {
                spec.commandLine().getErr().println("JVM " + (jvm + 1) + " of " + jvms);
                List<String> order = new ArrayList<>(only);
                Collections.shuffle(order, random);
                // the order alternates, so that a machine that becomes slower or faster favours neither
                if (peer && jvm % 2 == 1) {
                    add(theirs, Child.lines(Child.peer(arguments(order))));
                }
                calls.add(ours(folder, jvm, order, ours));
                if (peer && jvm % 2 == 0) {
                    add(theirs, Child.lines(Child.peer(arguments(order))));
                }
            }
        } finally {
            loops.forEach(Process::destroyForcibly);
            delete(folder);
        }
        report(ours, theirs, calls);
        return 0;
    }

    private void check() {
        if (jvms < 1 || busy < 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--jvms " + jvms + " --busy " + busy + " (expected 1 or more JVMs and 0 or more loops)");
        }
        for (String name : only) {
            if (!TrainWorkload.names().contains(name)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--only: unknown name '" + name + "' (expected some of "
                                + String.join(", ", TrainWorkload.names()) + ")");
            }
        }
    }

    /** Runs one of our JVMs; returns what its compiler left as calls. */
    private Set<String> ours(Path folder, int jvm, List<String> order, Map<String, List<Double>> times)
            throws IOException {
        Path settings = folder.resolve("inlining.jfc");
        Inlining.writeSettings(settings);
        Path recording = folder.resolve("jvm-" + jvm + ".jfr");
        List<String> flags = List.of(
                "-Xlog:jfr*=off",
                "-XX:StartFlightRecording:filename=" + recording + ",settings=" + settings + ",dumponexit=true");
        List<String> arguments = new ArrayList<>(List.of("bench"));
        arguments.addAll(arguments(order));
        arguments.add("--json");
        add(times, Child.lines(Child.java(flags, Main.class, arguments)));
        try {
            return Inlining.leftAsCalls(recording);
        } finally {
            Files.deleteIfExists(recording);
        }
    }

    private List<String> arguments(List<String> order) {
        List<String> arguments = new ArrayList<>(List.of("train", "--only", String.join(",", order)));
        Child.option(arguments, "--threads", threads);
        Child.option(arguments, "--rounds", rounds);
        Child.option(arguments, "--budget", budget);
        return arguments;
    }

    private static void add(Map<String, List<Double>> times, List<String> lines) {
        Measurements.parse("a child's lines", lines)
                .seconds()
                .forEach((name, seconds) ->
                        times.computeIfAbsent(name, key -> new ArrayList<>()).add(seconds));
    }

    private void report(Map<String, List<Double>> ours, Map<String, List<Double>> theirs, List<Set<String>> calls) {
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.printf(
                    Locale.ROOT,
                    "%-18s %9s %9s %9s %7s | %9s %9s %9s | %13s %13s%n",
                    "ms per step",
                    "best",
                    "median",
                    "worst",
                    "spread",
                    "peer best",
                    "median",
                    "worst",
                    "median ratio",
                    "worst ratio");
        }
        double logs = 0;
        int compared = 0;
        Map<Integer, String> slow = new HashMap<>();
        for (String name : only) {
            Spread mine = spread(ours.getOrDefault(name, List.of()));
            Spread peer = theirs.containsKey(name) ? spread(theirs.getOrDefault(name, List.of())) : null;
            if (peer != null) {
                logs += Math.log(peer.median() / mine.median());
                compared++;
            }
            print(out, name, mine, peer);
            List<Double> times = ours.getOrDefault(name, List.of());
            for (int jvm = 0; jvm < times.size(); jvm++) {
                if (times.get(jvm) > SLOW * mine.best()) {
                    slow.merge(jvm, name, (a, b) -> a + ", " + b);
                }
            }
        }
        if (json) {
            return;
        }
        if (compared > 0) {
            out.printf(Locale.ROOT, "geometric mean of the medians' ratios: %.2f%n", Math.exp(logs / compared));
        }
        slow.forEach((jvm, names) -> {
            Set<String> found = calls.get(jvm);
            out.println("JVM " + (jvm + 1) + " was slow in " + names
                    + (found.isEmpty() ? "; its compiler left no access as a call" : "; left as calls:"));
            found.forEach(call -> out.println("  " + call));
        });
        Set<String> all = new TreeSet<>();
        calls.forEach(all::addAll);
        out.println("accesses left as calls in all JVMs: " + all.size());
        out.flush();
    }

    private void print(PrintWriter out, String name, Spread mine, @Nullable Spread peer) {
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("workload", name);
            line.put("best_ms", mine.best() * 1e3);
            line.put("median_ms", mine.median() * 1e3);
            line.put("worst_ms", mine.worst() * 1e3);
            if (peer != null) {
                line.put("peer_best_ms", peer.best() * 1e3);
                line.put("peer_median_ms", peer.median() * 1e3);
                line.put("peer_worst_ms", peer.worst() * 1e3);
            }
            out.println(JsonLine.of(line));
            return;
        }
        out.printf(
                Locale.ROOT,
                "%-18s %9.3f %9.3f %9.3f %7.2f",
                name,
                mine.best() * 1e3,
                mine.median() * 1e3,
                mine.worst() * 1e3,
                mine.ratio());
        if (peer != null) {
            out.printf(
                    Locale.ROOT,
                    " | %9.3f %9.3f %9.3f | %13.2f %13.2f",
                    peer.best() * 1e3,
                    peer.median() * 1e3,
                    peer.worst() * 1e3,
                    peer.median() / mine.median(),
                    peer.median() / mine.worst());
        }
        out.println();
    }

    private static Spread spread(List<Double> seconds) {
        return new Spread(seconds.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
