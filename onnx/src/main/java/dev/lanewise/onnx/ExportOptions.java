package dev.lanewise.onnx;

import dev.lanewise.tensor.TensorException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a model is exported.
 *
 * @param opset the version of the standard's operators, {@value #LEAST_OPSET} to {@value #MOST_OPSET}
 * @param dynamicAxes for each input, the axes, from 0, whose sizes the exported model leaves open, with their names;
 *     axes with the same name have the same size. Null means the first axis of every input, named {@code batch}
 * @param outputs the outputs' names, in order; if empty, those that the call gives are kept, or the default one
 * @param externalData whether the weights are written to a file of their own next to the model's, with its name
 *     followed by {@code .data}; those of models above 2 GiB always are
 */
public record ExportOptions(
        int opset,
        @Nullable Map<String, Map<Integer, String>> dynamicAxes,
        List<String> outputs,
        boolean externalData) {
    static final int LEAST_OPSET = 17;
    static final int MOST_OPSET = 23;

    /**
     * Copies the maps and checks the version.
     *
     * @throws TensorException if the version is not one that can be written
     */
    public ExportOptions {
        if (opset < LEAST_OPSET || opset > MOST_OPSET) {
            throw new TensorException("export: opset " + opset + " (expected " + LEAST_OPSET + " to " + MOST_OPSET
                    + "); choose one that the model's reader knows");
        }
        if (dynamicAxes != null) {
            Map<String, Map<Integer, String>> copy = new HashMap<>();
            dynamicAxes.forEach((input, axes) -> copy.put(input, Map.copyOf(axes)));
            dynamicAxes = Map.copyOf(copy);
        }
        outputs = List.copyOf(outputs);
    }

    /** The default options: opset 20, the first axis of every input open, everything in one file. */
    public ExportOptions() {
        this(20, null, List.of(), false);
    }

    /**
     * These options with another version of the operators.
     *
     * @param version the version of the operator set, 17 to 23
     * @return the changed copy
     */
    public ExportOptions opset(int version) {
        return new ExportOptions(version, dynamicAxes, outputs, externalData);
    }

    /**
     * These options with the given axes dynamic.
     *
     * @param axes for each input, the names of its dynamic axes by index
     * @return the changed copy
     */
    public ExportOptions dynamicAxes(Map<String, Map<Integer, String>> axes) {
        Objects.requireNonNull(axes, "axes");
        return new ExportOptions(opset, axes, outputs, externalData);
    }

    /**
     * These options with all sizes fixed to those of the example.
     *
     * @return the changed copy
     */
    public ExportOptions fixed() {
        return dynamicAxes(Map.of());
    }

    /**
     * These options with names for the outputs.
     *
     * @param names the names, in the order of the results
     * @return the changed copy
     */
    public ExportOptions outputs(String... names) {
        Objects.requireNonNull(names, "names");
        return new ExportOptions(opset, dynamicAxes, List.of(names), externalData);
    }

    /**
     * These options with the weights in a file of their own.
     *
     * @return the changed copy
     */
    public ExportOptions withExternalData() {
        return new ExportOptions(opset, dynamicAxes, outputs, true);
    }
}
