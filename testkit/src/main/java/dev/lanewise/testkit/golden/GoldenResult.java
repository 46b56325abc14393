package dev.lanewise.testkit.golden;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of one case.
 *
 * @param id the case
 * @param op its operation
 * @param status whether it passes
 * @param maxError the largest difference from a finite reference value; NaN where nothing was computed
 * @param message empty if it passed, else what is wrong
 */
public record GoldenResult(String id, String op, Status status, double maxError, String message) {
    /** Whether a case passes. */
    public enum Status {
        /** All values are within the case's tolerance. */
        PASSED,
        /** A value is out of tolerance, or the computation threw. */
        FAILED,
        /** There is no adapter for the operation. */
        MISSING
    }

    /** {@return one line of JSON: {@code {"id":…,"op":…,"status":"passed","max_error":…,"message":…}}} */
    public String toJson() {
        return "{\"id\":" + quote(id) + ",\"op\":" + quote(op) + ",\"status\":\""
                + status.name().toLowerCase(Locale.ROOT) + "\",\"max_error\":"
                + (Double.isFinite(maxError) ? Double.toString(maxError) : "null") + ",\"message\":" + quote(message)
                + "}";
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
            } else if (c < 0x20) {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                quoted.append((char) c);
            }
        });
        return quoted.append('"').toString();
    }

    /**
     * {@return a table for display: for each operation, how many cases passed, failed and are missing, and the largest
     * error}
     *
     * @param results of any number of cases
     */
    public static String table(List<GoldenResult> results) {
        Map<String, Row> rows = new TreeMap<>();
        Row total = new Row();
        for (GoldenResult result : results) {
            rows.computeIfAbsent(result.op, op -> new Row()).add(result);
            total.add(result);
        }
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT, "%-36s %7s %7s %8s %10s%n", "op", "passed", "failed", "missing", "max error"));
        rows.forEach((op, row) -> table.append(row.line(op)));
        return table.append(total.line("all")).toString();
    }

    private static final class Row {
        private final Map<Status, Integer> counts = new EnumMap<>(Status.class);
        private double maxError;

        void add(GoldenResult result) {
            counts.merge(result.status, 1, Integer::sum);
            if (result.maxError > maxError) {
                maxError = result.maxError;
            }
        }

        String line(String name) {
            return String.format(
                    Locale.ROOT,
                    "%-36s %7d %7d %8d %10.1e%n",
                    name,
                    counts.getOrDefault(Status.PASSED, 0),
                    counts.getOrDefault(Status.FAILED, 0),
                    counts.getOrDefault(Status.MISSING, 0),
                    maxError);
        }
    }
}
