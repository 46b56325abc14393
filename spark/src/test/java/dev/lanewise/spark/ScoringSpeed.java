package dev.lanewise.spark;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Prints rows per second, pass by pass, of two executors of one core, and of a plain loop on one thread. */
final class ScoringSpeed {
    private static final int ROWS = 1_000_000;

    private ScoringSpeed() {}

    public static void main(String[] args) throws Exception {
        Layer model = Tables.model();
        ScoringModel scoring = ScoringModel.of(model, Tensor.zeros(2, Tables.FEATURES));
        for (int pass = 1; pass <= 2; pass++) {
            print("plain loop", pass, () -> Tables.plainly(model, ROWS, SparkScoring.USUAL_BATCH_ROWS));
        }
        SparkSession spark = Sessions.cluster();
        Dataset<Row> table = Tables.table(spark, ROWS, 16);
        Dataset<Row> scored = SparkScoring.score(table, scoring, Tables.features(), "score");
        for (int pass = 1; pass <= 3; pass++) {
            print("Spark without the model", pass, () -> throughRows(table));
            print("Spark", pass, () -> write(scored));
        }
        spark.stop();
    }

    /** What Spark does to hand rows to a function and to take them back. */
    private static void throughRows(Dataset<Row> table) {
        write(table.mapPartitions((MapPartitionsFunction<Row, Row>) rows -> rows, Encoders.row(table.schema())));
    }

    private static void write(Dataset<Row> table) {
        table.write().format("noop").mode("overwrite").save();
    }

    private static void print(String what, int pass, Runnable work) {
        long start = System.nanoTime();
        work.run();
        System.out.printf(
                "%s, pass %d: %,.0f rows per second%n", what, pass, ROWS / ((System.nanoTime() - start) / 1e9));
    }
}
