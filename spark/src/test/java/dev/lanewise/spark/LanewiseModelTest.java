package dev.lanewise.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Layer;
import dev.lanewise.onnx.ExportOptions;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LanewiseModelTest {
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        spark = Sessions.local(2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private ScoringModel several() {
        Path file = folder.resolve("several.onnx");
        Onnx.export(
                new Flatten(),
                in -> Map.of(
                        "sum", in.get("a").add(in.get("b")).sum(1),
                        "difference", in.get("a").sub(in.get("b")).sum(1)),
                // in this order
                new TreeMap<>(Map.of("a", Tensor.zeros(2, 2), "b", Tensor.zeros(2, 1))),
                file,
                new ExportOptions().outputs("sum", "difference"));
        return ScoringModel.onnx(file);
    }

    private static List<Float> floats(Dataset<Row> table, String column) {
        return table.select(column).collectAsList().stream()
                .map(row -> row.getFloat(0))
                .toList();
    }

    @Test
    void pipelineWithItSavesAndLoads() throws Exception {
        Layer model = Tables.model();
        var assembler = new VectorAssembler()
                .setInputCols(Tables.features().toArray(String[]::new))
                .setOutputCol("features");
        var stage = new LanewiseModel(ScoringModel.of(model, Tensor.zeros(2, Tables.FEATURES)))
                .setInputCols("features")
                .setOutputCols("score")
                .setBatchRows(16);
        Dataset<Row> table = Tables.table(spark, 100, 2);
        PipelineModel fitted =
                new Pipeline().setStages(new PipelineStage[] {assembler, stage}).fit(table);
        List<Float> scores = floats(fitted.transform(table), "score");
        assertThat(scores)
                .isEqualTo(floats(
                        SparkScoring.score(table, stage.model(), Columns.of(Tables.features(), "score"), 16), "score"));
        assertThat(fitted.transformSchema(table.schema()))
                .isEqualTo(fitted.transform(table).schema());

        String path = folder.resolve("pipeline").toString();
        fitted.save(path);
        PipelineModel loaded = PipelineModel.load(path);
        assertThat(floats(loaded.transform(table), "score")).isEqualTo(scores);
        assertThat(loaded.stages()[1].uid()).isEqualTo(stage.uid());
        assertThat(((LanewiseModel) loaded.stages()[1]).getOrDefault(stage.batchRows()))
                .isEqualTo(16);
        assertThatThrownBy(() -> fitted.save(path)).hasMessageContaining("already exists");
        loaded.write().overwrite().save(path);
        assertThat(floats(PipelineModel.load(path).transform(table), "score")).isEqualTo(scores);
    }

    @Test
    void columnsAreAssignedToInputsAndOutputs() {
        Dataset<Row> table = spark.range(3)
                .select(
                        functions.col("id").as("p"),
                        functions.col("id").multiply(10).as("q"),
                        functions.lit(0.5f).as("r"));
        var stage = new LanewiseModel(several())
                .setInputCols("p", "r", "q")
                .setModelInputs("a", "b", "a")
                .setOutputCols("d", "s")
                .setModelOutputs("difference", "sum");
        Dataset<Row> scored = stage.transform(table);
        assertThat(scored.columns()).containsExactly("p", "q", "r", "d", "s");
        assertThat(floats(scored, "s")).containsExactly(1f, 12f, 23f);
        assertThat(floats(scored, "d")).containsExactly(-1f, 10f, 21f);
        var only = new ParamMap()
                .put(stage.outputCols(), new String[] {"z"})
                .put(stage.modelOutputs(), new String[] {"sum"});
        assertThat(stage.transform(table, only).columns()).containsExactly("p", "q", "r", "z");
        assertThat(stage.copy(new ParamMap()).model()).isSameAs(stage.model());
    }

    @Test
    void mistakesAreNamed() {
        var stage = new LanewiseModel(several());
        var schema = spark.range(3).schema();
        assertThatThrownBy(() -> stage.transformSchema(schema)).hasMessageContaining("without inputCols");
        stage.setInputCols("id").setOutputCols("s", "d");
        assertThatThrownBy(() -> stage.transformSchema(schema))
                .hasMessageContaining("columns [id] for [a, b] of the model (expected one for each); set modelInputs");
        stage.setModelInputs("a");
        assertThatThrownBy(() -> stage.transformSchema(schema)).hasMessageContaining("expected all of [a, b]");
        stage.setModelOutputs("sum", "sum");
        assertThatThrownBy(() -> stage.transformSchema(schema))
                .hasMessageContaining("output 'sum' for two of the columns");
        assertThatThrownBy(() -> stage.setBatchRows(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LanewiseModel("empty").model()).hasMessageContaining("has no model");
        assertThatThrownBy(() -> LanewiseModel.load(folder.resolve("none").toString()))
                .isInstanceOf(Exception.class);
    }
}
