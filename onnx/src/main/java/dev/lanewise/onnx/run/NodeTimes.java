package dev.lanewise.onnx.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How long the nodes of a graph took in several calls. */
public final class NodeTimes {
    private final Map<Program.Step, List<Long>> nanos = new LinkedHashMap<>();

    /** Notes one run of a node. */
    public void add(Program.Step step, long time) {
        nanos.computeIfAbsent(step, s -> new ArrayList<>()).add(time);
    }

    private static double median(List<Long> times) {
        long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted[sorted.length / 2] / 1e3;
    }

    /** Operators with the sums of their nodes' medians, then nodes, both with the slowest first. */
    public String report() {
        Map<Program.Step, Double> medians = new LinkedHashMap<>();
        Map<String, double[]> operators = new HashMap<>();
        nanos.forEach((step, times) -> {
            double median = median(times);
            medians.put(step, median);
            double[] sums = operators.computeIfAbsent(step.node().key(), key -> new double[2]);
            sums[0] += median;
            sums[1]++;
        });
        double all = medians.values().stream().mapToDouble(Double::doubleValue).sum();
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "time in nodes: %.0f us%n", all));
        operators.entrySet().stream()
                .sorted(Comparator.comparingDouble(entry -> -entry.getValue()[0]))
                .forEach(entry ->
                        line(text, entry.getValue()[0], all, entry.getKey() + " " + (long) entry.getValue()[1]));
        text.append("nodes:\n");
        medians.entrySet().stream()
                .sorted(Comparator.comparingDouble(entry -> -entry.getValue()))
                .forEach(entry ->
                        line(text, entry.getValue(), all, entry.getKey().node().describe()));
        return text.toString();
    }

    private static void line(StringBuilder text, double micros, double all, String what) {
        text.append(String.format(Locale.ROOT, "%10.1f us %5.1f%%  %s%n", micros, 100 * micros / all, what));
    }
}
