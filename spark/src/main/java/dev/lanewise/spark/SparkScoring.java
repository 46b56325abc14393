package dev.lanewise.spark;

import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Scores the rows of a table with a model, on Spark's executors.
 *
 * <pre>{@code
 * ScoringModel model = ScoringModel.onnx(Path.of("model.onnx"));
 * Dataset<Row> scored = SparkScoring.score(customers, model, List.of("age", "income", "visits"), "churn");
 * }</pre>
 *
 * <p>The result has all columns and the order of rows of the table, and is computed when Spark needs it, as the results of
 * Spark's own transformations are. The model goes to each executor once and is loaded there once, for all tasks; rows are
 * computed in batches, within their partition, on the task's own thread; where {@code
 * spark.task.cpus} is above 1, as many threads as that says help one task of an executor at a time.
 *
 * <p>An input is read from one or several columns, whose values, one after the other, are its row: numbers, arrays of numbers
 * of one length, Spark ML's vectors. What an input of type F32 takes may be any type of number; an input of integers takes
 * integers that are not wider. An output with one number per row becomes a column of numbers, any other one a column of arrays,
 * flattened in row-major order.
 *
 * <p>Columns that are missing or of a wrong type are an error at once. Nulls, and arrays of different lengths, are an error
 * of the job, which names column and row.
 */
public final class SparkScoring {
    /** How many rows are computed at once unless told otherwise. */
    public static final int USUAL_BATCH_ROWS = 1024;

    private SparkScoring() {}

    /**
     * Scores with a model of one input and one output.
     *
     * @param table the rows
     * @param model the model
     * @param inputColumns the columns that its input is read from
     * @param outputColumn the name of the new column
     * @return the table with the new column
     * @throws TensorException if model and columns don't fit
     */
    public static Dataset<Row> score(
            Dataset<Row> table, ScoringModel model, List<String> inputColumns, String outputColumn) {
        return score(table, model, Columns.of(inputColumns, outputColumn), USUAL_BATCH_ROWS);
    }

    /**
     * Scores with any model.
     *
     * @param table the rows
     * @param model the model
     * @param columns which columns are read and added
     * @param batchRows how many rows are computed at once, 1 or more; a model with a fixed first dimension gets as many as
     *     that says
     * @return the table with the new columns
     * @throws TensorException if model and columns don't fit
     */
    public static Dataset<Row> score(Dataset<Row> table, ScoringModel model, Columns columns, int batchRows) {
        StructType schema = table.schema();
        Plan plan = Plan.of(model, columns, schema, batchRows);
        Broadcast<SharedModel> shared = model.broadcast(table.sparkSession().sparkContext());
        return table.mapPartitions(new Partition(shared, plan), Encoders.row(plan.extended(schema)));
    }

    /**
     * What a task does.
     *
     * @param shared the model
     * @param plan how to use it
     */
    private record Partition(Broadcast<SharedModel> shared, Plan plan)
            implements MapPartitionsFunction<Row, Row>, Serializable {
        @Override
        public Iterator<Row> call(Iterator<Row> rows) {
            TaskContext task = TaskContext.get();
            TaskThreads.set(task);
            SharedModel model = shared.value();
            ScoredRows scored = new ScoredRows(rows, model.acquire(), plan, task.partitionId());
            task.addTaskCompletionListener((TaskCompletionListener) ended -> model.release());
            return scored;
        }
    }
}
