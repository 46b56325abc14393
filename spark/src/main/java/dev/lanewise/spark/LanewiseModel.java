package dev.lanewise.spark;

import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A model as a stage of Spark ML's pipelines: what {@link SparkScoring} does, with Spark's parameters, and saved and loaded with
 * the pipeline.
 *
 * <pre>{@code
 * var stage = new LanewiseModel(ScoringModel.onnx(file)).setInputCols("features").setOutputCols("score");
 * var pipeline = new Pipeline().setStages(new PipelineStage[] {assembler, stage});
 * }</pre>
 *
 * <p>Of a model with several inputs {@code modelInputs} says for each column which of them it is a part of, and {@code
 * modelOutputs} which output each new column holds; without them the columns are those of the only input, or one for each in the
 * model's order.
 */
public final class LanewiseModel extends Model<LanewiseModel> implements DefaultParamsWritable {
    private static final long serialVersionUID = 1L;

    /** The name of this stage. */
    private final String uid;

    /** The columns that are read. */
    private final StringArrayParam inputCols;

    /** The new columns. */
    private final StringArrayParam outputCols;

    /** The model's input for each column that is read. */
    private final StringArrayParam modelInputs;

    /** The model's output for each new column. */
    private final StringArrayParam modelOutputs;

    /** How many rows are computed at once. */
    private final IntParam batchRows;

    /** The driver's alone: tasks get it by broadcast. */
    private transient @Nullable ScoringModel model;

    /**
     * A stage.
     *
     * @param model the model
     */
    public LanewiseModel(ScoringModel model) {
        this("lanewise_" + UUID.randomUUID().toString().substring(0, 12));
        this.model = model;
    }

    /**
     * A stage without a model, as Spark makes one when it loads a pipeline. Use {@link #LanewiseModel(ScoringModel)} or {@link
     * #load}.
     *
     * @param uid its name, different from that of any other stage
     */
    public LanewiseModel(String uid) {
        this.uid = uid;
        inputCols = new StringArrayParam(this, "inputCols", "columns that are read");
        outputCols = new StringArrayParam(this, "outputCols", "new columns");
        modelInputs = new StringArrayParam(this, "modelInputs", "for each column that is read the model's input");
        modelOutputs = new StringArrayParam(this, "modelOutputs", "for each new column the model's output");
        batchRows = new IntParam(this, "batchRows", "how many rows are computed at once", ParamValidators.gt(0));
        setDefault(batchRows, SparkScoring.USUAL_BATCH_ROWS);
    }

    @Override
    public String uid() {
        return uid;
    }

    /** {@return the parameter of the columns that are read} */
    public StringArrayParam inputCols() {
        return inputCols;
    }

    /** {@return the parameter of the new columns} */
    public StringArrayParam outputCols() {
        return outputCols;
    }

    /** {@return the parameter that says for each column that is read which input of the model it is a part of} */
    public StringArrayParam modelInputs() {
        return modelInputs;
    }

    /** {@return the parameter that says for each new column which output of the model it holds} */
    public StringArrayParam modelOutputs() {
        return modelOutputs;
    }

    /** {@return the parameter of how many rows are computed at once} */
    public IntParam batchRows() {
        return batchRows;
    }

    /**
     * Sets the columns that are read.
     *
     * @param columns their names
     * @return this stage
     */
    public LanewiseModel setInputCols(String... columns) {
        set(inputCols, columns);
        return this;
    }

    /**
     * Sets the new columns.
     *
     * @param columns their names
     * @return this stage
     */
    public LanewiseModel setOutputCols(String... columns) {
        set(outputCols, columns);
        return this;
    }

    /**
     * Says which input of the model each column that is read is a part of.
     *
     * @param names as many as there are columns that are read
     * @return this stage
     */
    public LanewiseModel setModelInputs(String... names) {
        set(modelInputs, names);
        return this;
    }

    /**
     * Says which output of the model each new column holds.
     *
     * @param names as many as there are new columns
     * @return this stage
     */
    public LanewiseModel setModelOutputs(String... names) {
        set(modelOutputs, names);
        return this;
    }

    /**
     * Sets how many rows are computed at once.
     *
     * @param rows 1 or more
     * @return this stage
     */
    public LanewiseModel setBatchRows(int rows) {
        set(batchRows, rows);
        return this;
    }

    /**
     * {@return the model}
     *
     * @throws TensorException if there is none
     */
    public ScoringModel model() {
        ScoringModel known = model;
        if (known == null) {
            throw new TensorException(
                    "spark: stage " + uid + " has no model (expected one); make it with a ScoringModel, or load it");
        }
        return known;
    }

    void setModel(@Nullable ScoringModel of) {
        model = of;
    }

    /**
     * {@return the table with the new columns}
     *
     * @param table the rows
     * @throws TensorException if parameters, model and columns don't fit
     */
    @Override
    public Dataset<Row> transform(Dataset<?> table) {
        return SparkScoring.score(table.toDF(), model(), columns(), (Integer) getOrDefault(batchRows));
    }

    /**
     * {@return the schema with the new columns}
     *
     * @param schema that of a table
     * @throws TensorException if parameters, model and columns don't fit
     */
    @Override
    public StructType transformSchema(StructType schema) {
        return Plan.of(model(), columns(), schema, (Integer) getOrDefault(batchRows))
                .extended(schema);
    }

    @Override
    public LanewiseModel copy(ParamMap extra) {
        LanewiseModel copy = copyValues(new LanewiseModel(uid), extra);
        copy.setModel(model);
        return copy.setParent(parent());
    }

    private Columns columns() {
        List<String> in = names(inputCols);
        List<String> out = names(outputCols);
        List<String> inputs = assigned(in, modelInputs, model().inputs());
        List<String> outputs = assigned(out, modelOutputs, model().outputs());
        Map<String, List<String>> read = new LinkedHashMap<>();
        for (int i = 0; i < in.size(); i++) {
            read.computeIfAbsent(inputs.get(i), name -> new ArrayList<>()).add(in.get(i));
        }
        Map<String, String> added = new LinkedHashMap<>();
        for (int i = 0; i < out.size(); i++) {
            if (added.put(outputs.get(i), out.get(i)) != null) {
                throw new TensorException("spark: output '" + outputs.get(i) + "' for two of the columns " + out
                        + " (expected another output for each); correct modelOutputs");
            }
        }
        return new Columns(read, added);
    }

    private List<String> names(Param<String[]> columns) {
        if (!isDefined(columns)) {
            throw new TensorException(
                    "spark: stage " + uid + " without " + columns.name() + " (expected names); set them");
        }
        return Arrays.asList(getOrDefault(columns));
    }

    /** The model's name for each column. */
    private List<String> assigned(List<String> columns, StringArrayParam param, List<ValueInfo> values) {
        List<String> names = ScoringModel.names(values);
        List<String> assigned;
        if (isDefined(param)) {
            assigned = Arrays.asList(getOrDefault(param));
        } else if (names.size() == 1) {
            assigned = columns.stream().map(column -> names.getFirst()).toList();
        } else {
            assigned = names;
        }
        if (assigned.size() != columns.size()) {
            throw new TensorException(
                    "spark: columns " + columns + " for " + assigned + " of the model (expected one for each); set "
                            + param.name() + " to as many names as there are columns");
        }
        return assigned;
    }

    /** {@return what saves the parameters, and the model as an ONNX file beside them} */
    @Override
    public MLWriter write() {
        return new StageWriter(this, DefaultParamsWritable.super.write());
    }

    /** {@return what loads a stage that {@link #write} saved} */
    public static MLReader<LanewiseModel> read() {
        return new StageReader();
    }

    /**
     * Loads a stage.
     *
     * @param path where it was saved, in any file system that Spark knows
     * @return the stage
     */
    public static LanewiseModel load(String path) {
        return read().load(path);
    }
}
