package dev.lanewise.nn;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What {@link Layer#summary} found: one row per layer, parents first, and totals.
 *
 * <pre>{@code
 * Layer          Output shape  Parameters
 * ---------------------------------------
 * Sequential     [1, 10]
 *   0 (Flatten)  [1, 784]
 *   1 (Linear)   [1, 100]          78,500
 *   2 (ReLU)     [1, 100]
 *   3 (Linear)   [1, 10]            1,010
 * ---------------------------------------
 * Parameters: 79,510 (310.6 KiB)
 * Trainable:  79,510
 * Frozen:     0
 * }</pre>
 *
 * @param rows the layers
 * @param trainable the number of elements of parameters that are not frozen, shared ones counted once
 * @param frozen the number of elements of those that are
 * @param buffers how many elements the buffers have
 * @param bytes the size of all parameters
 */
public record Summary(List<Row> rows, long trainable, long frozen, long buffers, long bytes) {
    /** Copies the rows. */
    public Summary {
        Objects.requireNonNull(rows, "rows");
        rows = List.copyOf(rows);
    }

    /**
     * One call of a layer, as a line of the table.
     *
     * @param depth how deep it is, 0 for the model itself
     * @param name its name in its parent, empty for the model itself
     * @param type its class
     * @param outputs the shapes of the results of its calls in their order; empty if it was not called, or is repeated
     * @param parameters how many elements its own parameters have; those of its children are in their rows
     * @param repeated whether the same layer also appears further above
     */
    public record Row(int depth, String name, String type, List<Shape> outputs, long parameters, boolean repeated) {
        /** Holds the given values, none of which may be null. */
        public Row {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(outputs, "outputs");
        }

        String label() {
            return "  ".repeat(depth) + (name.isEmpty() ? type : name + " (" + type + ")");
        }

        String output() {
            if (repeated) {
                return "(see above)";
            }
            if (outputs.isEmpty()) {
                return "(not called)";
            }
            String first = outputs.getFirst().toString();
            return outputs.size() == 1 ? first : first + " (" + outputs.size() + " calls)";
        }

        String count() {
            return parameters == 0 ? "" : String.format(Locale.ROOT, "%,d", parameters);
        }
    }

    static Summary of(Layer model, Supplier<Tensor> call) {
        Map<Layer, List<Shape>> outputs = new HashMap<>();
        CallContext context = CallContext.observing(new CallContext.Observer() {
            @Override
            public void returned(Layer layer, Tensor result) {
                outputs.computeIfAbsent(layer, m -> new ArrayList<>()).add(result.shape());
            }
        });
        try (Scope ignored = Scope.open("summary")) {
            Autograd.noGrad(() -> context.run(call));
        }
        List<Row> rows = new ArrayList<>();
        addRows(rows, new HashSet<>(), new HashSet<>(), outputs, model, "", 0);
        return new Summary(
                rows,
                elements(model, false),
                elements(model, true),
                model.namedBuffers().values().stream()
                        .mapToLong(buffer -> buffer.shape().elements())
                        .sum(),
                model.parameters().stream()
                        .mapToLong(parameter -> parameter.leaf().spec().bytes())
                        .sum());
    }

    private static void addRows(
            List<Row> rows,
            Set<Layer> seen,
            Set<Parameter> counted,
            Map<Layer, List<Shape>> outputs,
            Layer layer,
            String name,
            int depth) {
        boolean first = seen.add(layer);
        long own = 0;
        for (Parameter parameter : layer.members.parameters.values()) {
            own += counted.add(parameter) ? parameter.leaf().shape().elements() : 0;
        }
        List<Shape> shapes = first ? List.copyOf(outputs.getOrDefault(layer, List.of())) : List.of();
        rows.add(new Row(depth, name, layer.getClass().getSimpleName(), shapes, own, !first));
        if (first) {
            layer.children()
                    .forEach((childName, child) -> addRows(rows, seen, counted, outputs, child, childName, depth + 1));
        }
    }

    private static long elements(Layer model, boolean frozen) {
        return model.parameters().stream()
                .filter(parameter -> parameter.isFrozen() == frozen)
                .mapToLong(parameter -> parameter.leaf().shape().elements())
                .sum();
    }

    /** {@return how many elements all parameters have} */
    public long parameters() {
        return trainable + frozen;
    }

    /** The table, as the class's description shows it. */
    @Override
    public String toString() {
        int labels = width("Layer", rows.stream().map(Row::label).toList());
        int shapes = width("Output shape", rows.stream().map(Row::output).toList());
        int counts = width("Parameters", rows.stream().map(Row::count).toList());
        String format = "%-" + labels + "s  %-" + shapes + "s  %" + counts + "s";
        String line = "-".repeat(labels + shapes + counts + 4) + "\n";
        StringBuilder table = new StringBuilder();
        addLine(table, String.format(Locale.ROOT, format, "Layer", "Output shape", "Parameters"));
        table.append(line);
        rows.forEach(row -> addLine(table, String.format(Locale.ROOT, format, row.label(), row.output(), row.count())));
        table.append(line);
        addLine(table, String.format(Locale.ROOT, "Parameters: %,d (%s)", parameters(), size(bytes)));
        addLine(table, String.format(Locale.ROOT, "Trainable:  %,d", trainable));
        addLine(table, String.format(Locale.ROOT, "Frozen:     %,d", frozen));
        if (buffers > 0) {
            addLine(table, String.format(Locale.ROOT, "Buffers:    %,d", buffers));
        }
        return table.toString();
    }

    private static int width(String head, List<String> cells) {
        return Math.max(
                head.length(), cells.stream().mapToInt(String::length).max().orElse(0));
    }

    private static void addLine(StringBuilder table, String line) {
        table.append(line.stripTrailing()).append('\n');
    }

    private static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double kib = bytes / 1024.0;
        return kib < 1024
                ? String.format(Locale.ROOT, "%.1f KiB", kib)
                : String.format(Locale.ROOT, "%.1f MiB", kib / 1024);
    }
}
