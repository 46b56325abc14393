package dev.lanewise.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Our times compared with a peer's.
 *
 * @param rows what both have measured, starting with those where we are slowest
 * @param missing names that only one of them has
 */
record Comparison(List<Row> rows, List<String> missing) {
    /**
     * One piece of work.
     *
     * @param name operation and shape, or workload
     * @param ours seconds
     * @param peer seconds
     */
    record Row(String name, double ours, double peer) {
        /** Our speed over the peer's: above 1 we are faster. */
        double ratio() {
            return peer / ours;
        }

        /** The name without the shape. */
        String work() {
            int space = name.indexOf(' ');
            return space < 0 ? name : name.substring(0, space);
        }
    }

    /** Compares what both have measured. */
    static Comparison of(Measurements ours, Measurements peer) {
        List<Row> rows = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, Double> entry : ours.seconds().entrySet()) {
            Double other = peer.seconds().get(entry.getKey());
            if (other == null) {
                missing.add(entry.getKey() + " (the peer has not)");
            } else {
                rows.add(new Row(entry.getKey(), entry.getValue(), other));
            }
        }
        for (String name : peer.seconds().keySet()) {
            if (!ours.seconds().containsKey(name)) {
                missing.add(name + " (we have not)");
            }
        }
        rows.sort(Comparator.comparingDouble(Row::ratio));
        return new Comparison(List.copyOf(rows), List.copyOf(missing));
    }

    /** The geometric mean of the ratios. */
    double geometricMean() {
        return Math.exp(rows.stream()
                .mapToDouble(row -> Math.log(row.ratio()))
                .average()
                .orElse(Double.NaN));
    }

    /** The table for a terminal. */
    String text() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(Locale.ROOT, "%-44s %12s %12s %8s%n", "work", "ours, us", "peer, us", "ratio"));
        for (Row row : rows) {
            out.append(String.format(
                    Locale.ROOT, "%-44s %12.1f %12.1f %8.2f%n", row.name, row.ours * 1e6, row.peer * 1e6, row.ratio()));
        }
        out.append(String.format(Locale.ROOT, "%-44s %12s %12s %8.2f%n", "geometric mean", "", "", geometricMean()));
        missing.forEach(name -> out.append("not compared: ").append(name).append(System.lineSeparator()));
        return out.toString();
    }

    /** The table in Markdown. */
    String markdown() {
        StringBuilder out = new StringBuilder("| work | ours, µs | peer, µs | ratio |\n| --- | ---: | ---: | ---: |\n");
        for (Row row : rows) {
            out.append(String.format(
                    Locale.ROOT,
                    "| %s | %.1f | %.1f | %.2f |%n",
                    row.name,
                    row.ours * 1e6,
                    row.peer * 1e6,
                    row.ratio()));
        }
        out.append(String.format(Locale.ROOT, "| **geometric mean** | | | **%.2f** |%n", geometricMean()));
        missing.forEach(name -> out.append("\nNot compared: ").append(name).append(".\n"));
        return out.toString();
    }
}
