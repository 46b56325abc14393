package dev.lanewise.spark;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** Tabular data, the same on executors and here, and a model for it. */
final class Tables {
    static final int FEATURES = 20;

    private Tables() {}

    static List<String> features() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < FEATURES; i++) {
            names.add("f" + i);
        }
        return names;
    }

    /** Rows with an id, from 0, and features that follow from it. */
    static Dataset<Row> table(SparkSession spark, long rows, int partitions) {
        Dataset<Row> ids = spark.range(0, rows, 1, partitions).toDF();
        List<Column> columns = new ArrayList<>();
        columns.add(functions.col("id"));
        for (int i = 0; i < FEATURES; i++) {
            Column mixed = functions.col("id").multiply(2 * i + 1).plus(7 * i).mod(functions.lit(101 + i));
            columns.add(mixed.divide(50.0).minus(1.0).as("f" + i));
        }
        return ids.select(columns.toArray(Column[]::new));
    }

    /** The same features. */
    static float[] features(long id) {
        float[] values = new float[FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            values[i] = (float) ((id * (2 * i + 1) + 7L * i) % (101 + i) / 50.0 - 1.0);
        }
        return values;
    }

    static Layer model() {
        Rng rng = new Rng(1);
        return new Sequential(
                new Linear(FEATURES, 64, rng), new ReLU(), new Linear(64, 32, rng), new ReLU(), new Linear(32, 1, rng));
    }

    /** The scores of rows 0 to {@code rows - 1}, computed in a plain loop. */
    static float[] plainly(Layer model, int rows, int batch) {
        float[] scores = new float[rows];
        model.eval();
        for (int from = 0; from < rows; from += batch) {
            int count = Math.min(batch, rows - from);
            float[] x = new float[count * FEATURES];
            for (int row = 0; row < count; row++) {
                System.arraycopy(features(from + row), 0, x, row * FEATURES, FEATURES);
            }
            try (Scope ignored = Scope.open("plain")) {
                float[] y =
                        model.forward(Tensor.of(x, count, FEATURES)).flatten().toFloatArray();
                System.arraycopy(y, 0, scores, from, count);
            }
        }
        return scores;
    }
}
