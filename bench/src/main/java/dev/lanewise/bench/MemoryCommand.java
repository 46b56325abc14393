package dev.lanewise.bench;

import dev.lanewise.examples.JsonLine;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lanewise bench memory}. */
@Command(
        name = "memory",
        description = "Show the peak resident memory of training, minus the process's own at its start.",
        sortOptions = false)
final class MemoryCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Only these; names separated by commas.")
    private List<String> only = List.of();

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    MemoryCommand() {}

    @Override
    public Integer call() {
        List<TrainWorkload> workloads = only.isEmpty()
                ? List.of(TrainWorkload.values())
                : only.stream().map(name -> MeasureOptions.known(spec, name)).toList();
        boolean peer = Child.peerIsThere();
        if (!peer) {
            spec.commandLine().getErr().println("memory: python3 with torch was not found; nothing to compare with");
        }
        for (TrainWorkload workload : workloads) {
            print(workload, "jvm", Child.java(List.of(), MemoryProbe.class, List.of(workload.id)));
            if (peer) {
                print(workload, "pytorch", Child.peer(List.of("memory", "--only", workload.id)));
            }
        }
        return 0;
    }

    private void print(TrainWorkload workload, String process, List<String> command) {
        Map<String, Double> numbers = Measurements.numbers(Child.lines(command).getLast());
        double start = numbers.getOrDefault("start_mib", Double.NaN);
        double peak = numbers.getOrDefault("peak_mib", Double.NaN);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("workload", workload.id);
            line.put("process", process);
            line.put("start_mib", start);
            line.put("peak_mib", peak);
            line.put("training_mib", peak - start);
            out.println(JsonLine.of(line));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%-18s %-8s %8.1f MiB for training (peak %.1f, %.1f at the start)%n",
                    workload.id,
                    process,
                    peak - start,
                    peak,
                    start);
        }
        out.flush();
    }
}
