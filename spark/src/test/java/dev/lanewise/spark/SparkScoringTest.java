package dev.lanewise.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.ExportOptions;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SparkScoringTest {
    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = Sessions.local(2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> table(StructType schema, Object[]... rows) {
        return spark.createDataFrame(Arrays.stream(rows).map(RowFactory::create).toList(), schema)
                .coalesce(1);
    }

    private static StructType schema(Object... namesAndTypes) {
        StructType schema = new StructType();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            schema = schema.add((String) namesAndTypes[i], (DataType) namesAndTypes[i + 1]);
        }
        return schema;
    }

    private static Layer linear(int in, int out) {
        return new Linear(in, out, new Rng(3));
    }

    private static ScoringModel scoring(int in, int out) {
        return ScoringModel.of(linear(in, out), Tensor.zeros(2, in));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64, 5000})
    void rowsAreThoseOfAPlainLoop(int batchRows) {
        Layer model = Tables.model();
        float[] expected = Tables.plainly(model, 1000, 100);
        var scoring = ScoringModel.of(model, Tensor.zeros(2, Tables.FEATURES));
        Dataset<Row> table = Tables.table(spark, 1000, 3);
        List<Row> scored = SparkScoring.score(table, scoring, Columns.of(Tables.features(), "score"), batchRows)
                .collectAsList();
        List<Row> before = table.collectAsList();
        assertThat(scored).hasSize(1000);
        for (int i = 0; i < 1000; i++) {
            Row row = scored.get(i);
            assertThat(row.getLong(0)).isEqualTo(i);
            assertThat(row.length()).isEqualTo(Tables.FEATURES + 2);
            for (int column = 0; column <= Tables.FEATURES; column++) {
                assertThat(row.get(column)).isEqualTo(before.get(i).get(column));
            }
            assertThat(row.getFloat(Tables.FEATURES + 1)).isCloseTo(expected[i], within(1e-5f));
        }
    }

    @Test
    void numbersOfAllTypesArraysAndVectorsMakeOneRow() {
        StructType schema = schema(
                "bytes", DataTypes.ByteType,
                "shorts", DataTypes.ShortType,
                "ints", DataTypes.IntegerType,
                "longs", DataTypes.LongType,
                "floats", DataTypes.FloatType,
                "doubles", DataTypes.DoubleType,
                "decimals", DataTypes.createDecimalType(10, 2),
                "array", DataTypes.createArrayType(DataTypes.DoubleType),
                "vector", SQLDataTypes.VectorType(),
                "text", DataTypes.StringType);
        Object[] first = {
            (byte) 1,
            (short) 2,
            3,
            4L,
            5f,
            6.0,
            new BigDecimal("7.00"),
            List.of(8.0, 9.0),
            Vectors.dense(10, 11, 12),
            "a"
        };
        Object[] second = {
            (byte) -1,
            (short) -2,
            -3,
            -4L,
            -5f,
            -6.0,
            new BigDecimal("-7.00"),
            List.of(-8.0, -9.0),
            Vectors.sparse(3, new int[] {1}, new double[] {2.5}),
            null
        };
        List<String> columns =
                List.of("bytes", "Shorts", "ints", "longs", "floats", "doubles", "decimals", "array", "vector");
        Dataset<Row> scored = SparkScoring.score(table(schema, first, second), scoring(12, 3), columns, "scores");
        assertThat(scored.schema().apply("scores").dataType())
                .isEqualTo(DataTypes.createArrayType(DataTypes.FloatType, false));
        Tensor x = Tensor.of(
                new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1, -2, -3, -4, -5, -6, -7, -8, -9, 0, 2.5f, 0},
                2,
                12);
        float[] expected = linear(12, 3).forward(x).flatten().toFloatArray();
        List<Row> rows = scored.collectAsList();
        for (int row = 0; row < 2; row++) {
            List<Float> scores = rows.get(row).getList(10);
            for (int i = 0; i < 3; i++) {
                assertThat(scores.get(i)).isCloseTo(expected[3 * row + i], within(1e-5f));
            }
        }
        assertThat(rows.get(0).getString(9)).isEqualTo("a");
        assertThat(rows.get(1).isNullAt(9)).isTrue();
    }

    @Test
    void severalInputsAndOutputsOfSeveralTypes(@TempDir Path folder) {
        Path file = folder.resolve("several.onnx");
        Tensor ids = Tensor.of(new long[] {1, 2, 3, 4}, 2, 2);
        Onnx.export(
                new Flatten(),
                in -> {
                    Tensor a = in.get("a");
                    Tensor b = in.get("b");
                    return Map.of(
                            "sum",
                            a.sum(1).to(DType.F64).add(b),
                            "index",
                            a.argmax(1),
                            "ids",
                            a.mul(2),
                            "big",
                            b.gt(0.5));
                },
                Map.of("a", ids, "b", Tensor.of(1.0, 2.0)),
                file,
                new ExportOptions().outputs("sum", "index", "ids", "big"));
        StructType schema = schema("i", DataTypes.IntegerType, "j", DataTypes.LongType, "x", DataTypes.DoubleType);
        Dataset<Row> table =
                table(schema, new Object[] {1, 1L << 53, 0.1}, new Object[] {5, (1L << 53) + 1, 0.25}, new Object[] {
                    9, 4L, 1.5
                });
        Dataset<Row> scored = SparkScoring.score(
                table,
                ScoringModel.onnx(file),
                new Columns(
                        Map.of("a", List.of("i", "j"), "b", List.of("x")),
                        Map.of("sum", "s", "index", "at", "ids", "doubled", "big", "large")),
                2);
        List<Row> rows = scored.select("s", "at", "doubled", "large").collectAsList();
        assertThat(rows.get(2).getDouble(0)).isEqualTo(14.5);
        assertThat(rows.stream().map(row -> row.getLong(1)).toList()).containsExactly(1L, 1L, 0L);
        assertThat(rows.get(1).<Long>getList(2)).containsExactly(10L, (1L << 54) + 2);
        assertThat(rows.stream().map(row -> row.getBoolean(3)).toList()).containsExactly(false, false, true);
        // only what is asked for
        Dataset<Row> some = SparkScoring.score(
                table,
                ScoringModel.onnx(file),
                new Columns(Map.of("a", List.of("i", "j"), "b", List.of("x")), Map.of("index", "at")),
                2);
        assertThat(some.columns()).containsExactly("i", "j", "x", "at");
        assertThat(some.count()).isEqualTo(3);
    }

    @Test
    void imagesAreReshapedAndFixedBatchesFilled(@TempDir Path folder) {
        Layer layer = new Sequential(new Flatten(), linear(12, 1));
        Tensor images = new Rng(1).randn(DType.F32, 5, 3, 2, 2);
        Path file = folder.resolve("fixed.onnx");
        Onnx.export(layer, Map.of("x", images.narrow(0, 0, 2)), file, new ExportOptions().fixed());
        float[] values = images.flatten().toFloatArray();
        Object[][] rows = new Object[5][];
        for (int i = 0; i < 5; i++) {
            Double[] row = new Double[12];
            for (int j = 0; j < 12; j++) {
                row[j] = (double) values[12 * i + j];
            }
            rows[i] = new Object[] {Arrays.asList(row)};
        }
        Dataset<Row> table = table(schema("image", DataTypes.createArrayType(DataTypes.DoubleType)), rows);
        float[] expected = layer.forward(images).flatten().toFloatArray();
        List<Row> scored = SparkScoring.score(table, ScoringModel.onnx(file), List.of("image"), "y")
                .collectAsList();
        for (int i = 0; i < 5; i++) {
            assertThat(scored.get(i).getFloat(1)).isCloseTo(expected[i], within(1e-5f));
        }
    }

    @Test
    void emptyTablesAndPartitionsStayEmpty() {
        Dataset<Row> scored =
                SparkScoring.score(Tables.table(spark, 2, 4).limit(0), scoring(20, 1), Tables.features(), "y");
        assertThat(scored.count()).isZero();
        assertThat(SparkScoring.score(Tables.table(spark, 2, 4), scoring(20, 1), Tables.features(), "y")
                        .count())
                .isEqualTo(2);
    }

    @Test
    void mistakesAreToldBeforeAnythingRuns() {
        StructType schema = schema(
                "a", DataTypes.DoubleType,
                "b", DataTypes.StringType,
                "c", new ArrayType(DataTypes.StringType, true),
                "d", DataTypes.NullType,
                "e", DataTypes.BooleanType);
        Dataset<Row> table = table(schema);
        ScoringModel model = scoring(2, 1);
        assertThatThrownBy(() -> SparkScoring.score(table, model, List.of("a", "x"), "y"))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no column 'x' among [a, b, c, d, e]");
        for (String wrong : List.of("b", "c", "d", "e")) {
            assertThatThrownBy(() -> SparkScoring.score(table, model, List.of("a", wrong), "y"))
                    .hasMessageContaining("column '" + wrong + "' of type")
                    .hasMessageContaining("(expected a number");
        }
        assertThatThrownBy(() -> SparkScoring.score(table, model, List.of("a"), "y"))
                .hasMessageContaining("1 values per row from the columns [a] for input 'input' [?, 2] (expected 2)");
        assertThatThrownBy(() -> SparkScoring.score(table, model, List.of("a", "a"), "A"))
                .hasMessageContaining("column 'A' for output 'output' exists");
        assertThatThrownBy(() -> SparkScoring.score(table, model, Columns.of(List.of("a", "a"), "y"), 0))
                .hasMessageContaining("batches of 0 rows");
        assertThatThrownBy(() -> SparkScoring.score(
                        table, model, new Columns(Map.of("in", List.of("a", "a")), Map.of("output", "y")), 1))
                .hasMessageContaining("no input 'in' for a model with [input]");
        assertThatThrownBy(() -> new Columns(Map.of("in", List.of()), Map.of("output", "y")))
                .hasMessageContaining("no columns for input 'in'");
        assertThatThrownBy(() -> ScoringModel.onnx(new byte[] {1, 2, 3})).isInstanceOf(BadFileException.class);
        assertThatThrownBy(() -> ScoringModel.onnx(Path.of("none.onnx"))).isInstanceOf(BadFileException.class);
        Path endless = Path.of("/dev/zero");
        if (Files.exists(endless)) {
            assertThatThrownBy(() -> ScoringModel.onnx(endless)).hasMessageContaining("a device");
        }
    }

    @Test
    void weightsInAnotherFileAreRefused(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("model.onnx");
        Onnx.export(linear(100, 100), Map.of("x", Tensor.zeros(2, 100)), file, new ExportOptions().withExternalData());
        assertThat(folder.resolve("model.onnx.data")).exists();
        assertThatThrownBy(() -> ScoringModel.onnx(file)).isInstanceOf(BadFileException.class);
    }

    @Test
    void nullsAndUnevenArraysNameColumnAndRow() {
        ArrayType array = DataTypes.createArrayType(DataTypes.DoubleType);
        StructType schema = schema("a", DataTypes.DoubleType, "b", array);
        ScoringModel model = scoring(3, 1);
        Object[] good = {1.0, List.of(1.0, 2.0)};
        Dataset<Row> nulls = table(schema, good, new Object[] {null, List.of(1.0, 2.0)});
        assertThatThrownBy(() ->
                        SparkScoring.score(nulls, model, List.of("a", "b"), "y").collect())
                .hasStackTraceContaining("null in column 'a' for input 'input', row 1 of partition 0");
        Dataset<Row> inside = table(schema, good, good, new Object[] {1.0, Arrays.asList(1.0, null)});
        assertThatThrownBy(() -> SparkScoring.score(inside, model, List.of("a", "b"), "y")
                        .collect())
                .hasStackTraceContaining("null in column 'b' for input 'input', row 2 of partition 0");
        Dataset<Row> uneven = table(schema, good, new Object[] {1.0, List.of(1.0)});
        assertThatThrownBy(() -> SparkScoring.score(uneven, model, List.of("a", "b"), "y")
                        .collect())
                .hasStackTraceContaining("2 values for input 'input', row 1 of partition 0 (expected 3");
        Dataset<Row> wrong = table(schema, new Object[] {1.0, List.of(1.0)});
        assertThatThrownBy(() ->
                        SparkScoring.score(wrong, model, List.of("a", "b"), "y").collect())
                .hasStackTraceContaining(
                        "2 values per row from the columns [a, b] for input 'input' [?, 3] (expected 3)");
    }

    @Test
    void modelIsLoadedOnceAndFreedWhenUnpersisted() {
        ScoringModel model = scoring(20, 1);
        Dataset<Row> scored = SparkScoring.score(Tables.table(spark, 100, 8), model, Tables.features(), "y");
        SharedModel shared = model.broadcast(spark.sparkContext()).value();
        assertThat(shared.isLoaded()).as("before a job").isFalse();
        scored.count();
        SparkScoring.score(Tables.table(spark, 10, 2), model, Tables.features(), "z")
                .collect();
        assertThat(model.broadcast(spark.sparkContext()).value()).isSameAs(shared);
        var loaded = shared.acquire();
        assertThat(shared.acquire()).isSameAs(loaded);
        model.unpersist();
        assertThat(shared.isLoaded()).as("in use").isTrue();
        shared.release();
        shared.release();
        assertThat(shared.isLoaded()).as("after its last task").isFalse();
        assertThat(scored.count()).isEqualTo(100);
    }
}
