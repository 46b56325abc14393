package dev.lanewise.spark;

import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * How a table is scored: made by the driver, which checks all that schema and model tell, and sent with each task.
 *
 * @param inputs what is read
 * @param outputs what is added
 * @param batchRows how many rows are computed at once
 */
record Plan(List<ModelInput> inputs, List<OutputColumn> outputs, int batchRows) implements Serializable {
    /**
     * Plans.
     *
     * @throws TensorException if columns and model don't fit
     */
    static Plan of(ScoringModel model, Columns columns, StructType schema, int batchRows) {
        if (batchRows < 1) {
            throw new TensorException(
                    "spark: batches of " + batchRows + " rows (expected 1 or more); score some at once");
        }
        Columns named = columns.named(ScoringModel.names(model.inputs()), ScoringModel.names(model.outputs()));
        List<ModelInput> inputs = new ArrayList<>();
        for (ValueInfo value : model.inputs()) {
            inputs.add(ModelInput.of(value, named.inputs().getOrDefault(value.name(), List.of()), schema));
        }
        List<OutputColumn> outputs = new ArrayList<>();
        for (Map.Entry<String, String> wanted : named.outputs().entrySet()) {
            ValueInfo value = model.outputs().stream()
                    .filter(output -> output.name().equals(wanted.getKey()))
                    .findFirst()
                    .orElseThrow();
            outputs.add(OutputColumn.of(value, wanted.getValue()));
        }
        Plan plan = new Plan(inputs, outputs, rows(inputs, batchRows));
        plan.checkNames(schema);
        return plan;
    }

    /** What the model is made for, if it is made for one number of rows. */
    private static int rows(List<ModelInput> inputs, int batchRows) {
        List<Long> fixed = inputs.stream()
                .map(ModelInput::rows)
                .filter(rows -> rows != ModelInput.OPEN)
                .distinct()
                .toList();
        if (fixed.size() > 1) {
            throw new TensorException("spark: a model whose inputs have " + fixed
                    + " rows (expected one number for all); export it with an open first dimension");
        }
        return fixed.isEmpty() ? batchRows : Math.toIntExact(fixed.getFirst());
    }

    boolean isFixed() {
        return inputs.stream().anyMatch(input -> input.rows() != ModelInput.OPEN);
    }

    private void checkNames(StructType schema) {
        List<String> names = new ArrayList<>(Arrays.asList(schema.fieldNames()));
        for (OutputColumn output : outputs) {
            if (names.stream().anyMatch(output.column()::equalsIgnoreCase)) {
                throw new TensorException(
                        "spark: column '" + output.column() + "' for output '" + output.output() + "' exists among "
                                + names + " (expected a new name); choose another one, or drop the old one");
            }
            names.add(output.column());
        }
    }

    /** The schema of the scored table. */
    StructType extended(StructType schema) {
        StructType extended = schema;
        for (OutputColumn output : outputs) {
            StructField field = output.field();
            extended = extended.add(field);
        }
        return extended;
    }
}
