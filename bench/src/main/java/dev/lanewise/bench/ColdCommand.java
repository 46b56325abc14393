package dev.lanewise.bench;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench cold}. */
@Command(
        name = "cold",
        description =
                "Time the first training step from the start of the process: a plain JVM, one with a cache of classes"
                        + " (the AOT cache of JDK 25, else AppCDS), and Python with torch.",
        sortOptions = false)
final class ColdCommand implements Callable<Integer> {
    private static final int AOT_CACHE_IN_ONE_STEP = 25;

    @Spec
    private CommandSpec spec;

    @Option(names = "--only", paramLabel = "NAME", description = "The workload. Default: mlp.")
    private String workload = TrainWorkload.MLP.id;

    @Option(names = "--rounds", paramLabel = "N", description = "Starts of each. Default: 5.")
    private int rounds = 5;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    ColdCommand() {}

    @Override
    public Integer call() throws IOException {
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds " + rounds + " (expected 1 or more)");
        }
        String id = MeasureOptions.known(spec, workload).id;
        Map<String, List<String>> commands = new LinkedHashMap<>();
        commands.put("jvm", Child.java(List.of(), FirstStep.class, List.of(id)));
        Path cache = Files.createTempFile("lanewise", ".cache");
        try {
            makeCache(cache, id, commands);
            if (Child.peerIsThere()) {
                commands.put("pytorch", Child.peer(List.of("first", "--only", id)));
            } else {
                spec.commandLine().getErr().println("cold: python3 with torch was not found; nothing to compare with");
            }
            measure(id, commands);
        } finally {
            Files.deleteIfExists(cache);
        }
        return 0;
    }

    /** Makes a cache, filled by a first run; without one if the class path does not consist of jars. */
    private void makeCache(Path cache, String id, Map<String, List<String>> commands) throws IOException {
        boolean aot = Runtime.version().feature() >= AOT_CACHE_IN_ONE_STEP;
        Files.delete(cache);
        String write = (aot ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + cache;
        String read = (aot ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + cache;
        try {
            // what the JVM prints about the cache is mixed with the lines, which are not read here
            Child.lines(Child.java(List.of(write), FirstStep.class, List.of(id)));
        } catch (TensorException e) {
            spec.commandLine().getErr().println("cold: no cache of classes: " + e.getMessage());
            return;
        }
        if (Files.exists(cache)) {
            commands.put(
                    aot ? "jvm with AOT cache" : "jvm with AppCDS",
                    Child.java(List.of(read), FirstStep.class, List.of(id)));
        } else {
            spec.commandLine()
                    .getErr()
                    .println("cold: the JVM wrote no cache of classes (expected a class path of jars)");
        }
    }

    private void measure(String id, Map<String, List<String>> commands) {
        Map<String, double[]> seconds = new LinkedHashMap<>();
        commands.keySet().forEach(name -> seconds.put(name, new double[rounds]));
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<String, List<String>> command : commands.entrySet()) {
                double[] taken = seconds.get(command.getKey());
                if (taken != null) {
                    taken[round] = Child.secondsToFirstLine(command.getValue());
                }
            }
        }
        seconds.forEach((name, taken) -> {
            Arrays.sort(taken);
            print(id, name, taken[rounds / 2], taken[0]);
        });
    }

    private void print(String id, String name, double median, double best) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("workload", id);
            line.put("process", name);
            line.put("median_s", median);
            line.put("best_s", best);
            out.println(JsonLine.of(line));
        } else {
            out.printf(
                    Locale.ROOT, "%-20s median %.3f s, best %.3f s to the first step of %s%n", name, median, best, id);
        }
        out.flush();
    }
}
