package dev.lanewise.spark;

import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which columns a model's inputs are read from, and which ones its outputs become.
 *
 * <pre>{@code
 * Columns.of(List.of("age", "income"), "score")                      // one input, one output
 * new Columns(Map.of("ids", List.of("tokens"), "x", List.of("age", "income")), Map.of("logits", "score"))
 * }</pre>
 *
 * @param inputs for each input of the model the columns whose values, one after the other, are its row: numbers, arrays of
 *     numbers, or Spark ML's vectors; the empty name stands for the only input of a model
 * @param outputs for each output that is wanted the new column; the empty name stands for the only output of a model
 */
public record Columns(Map<String, List<String>> inputs, Map<String, String> outputs) implements Serializable {
    private static final String ONLY = "";

    /**
     * Copies the maps and checks that there are columns.
     *
     * @throws TensorException if an input has no columns, or there is no output
     */
    public Columns {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        inputs.forEach((input, columns) -> {
            if (columns.isEmpty()) {
                throw new TensorException("spark: no columns for input '" + input
                        + "' (expected one or more); name those that it is read from");
            }
            copy.put(input, new ArrayList<>(columns));
        });
        if (copy.isEmpty() || outputs.isEmpty()) {
            throw new TensorException("spark: inputs " + inputs + " and outputs " + outputs
                    + " (expected one or more of each); say which columns to read and to add");
        }
        inputs = Collections.unmodifiableMap(copy);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /**
     * Columns of a model with one input and one output.
     *
     * @param inputs the columns that are read
     * @param output the column that is added
     * @return both
     * @throws TensorException if there are no columns to read
     */
    public static Columns of(List<String> inputs, String output) {
        return new Columns(Map.of(ONLY, inputs), Map.of(ONLY, output));
    }

    /** These columns by the names that a model has. */
    Columns named(List<String> modelInputs, List<String> modelOutputs) {
        Map<String, List<String>> in = new LinkedHashMap<>();
        inputs.forEach((name, columns) -> in.put(known("input", name, modelInputs), columns));
        Map<String, String> out = new LinkedHashMap<>();
        outputs.forEach((name, column) -> out.put(known("output", name, modelOutputs), column));
        if (!in.keySet().containsAll(modelInputs)) {
            throw new TensorException("spark: columns for the inputs " + in.keySet() + " (expected all of "
                    + modelInputs + "); give columns for each");
        }
        return new Columns(in, out);
    }

    private static String known(String role, String name, List<String> names) {
        if (name.equals(ONLY) && names.size() == 1) {
            return names.getFirst();
        }
        if (!names.contains(name)) {
            throw new TensorException(
                    "spark: " + (name.equals(ONLY) ? "an unnamed " + role : "no " + role + " '" + name + "'")
                            + " for a model with " + names + " (expected one of these names); name it");
        }
        return name;
    }
}
