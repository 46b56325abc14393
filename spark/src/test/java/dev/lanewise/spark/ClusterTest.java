package dev.lanewise.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors that are processes, as in a cluster. */
@Timeout(150)
final class ClusterTest {
    private static final int ROWS = 1_000_000;
    private static SparkSession spark;

    @BeforeAll
    static void start() throws Exception {
        spark = Sessions.cluster();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** The processes of the executors that run tasks. */
    private static Set<Long> executors() {
        return new TreeSet<>(spark.range(0, 8, 1, 8)
                .mapPartitions(
                        (MapPartitionsFunction<Long, Long>) rows -> {
                            Thread.sleep(100);
                            return List.of(ProcessHandle.current().pid()).iterator();
                        },
                        Encoders.LONG())
                .collectAsList());
    }

    /** Waits until some tasks of the stage that runs have finished. */
    private static void awaitFinishedTasks(int count) throws InterruptedException {
        var tracker = spark.sparkContext().statusTracker();
        while (Arrays.stream(tracker.getActiveStageIds()).noneMatch(stage -> {
            var info = tracker.getStageInfo(stage);
            return info.isDefined() && info.get().numCompletedTasks() >= count;
        })) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static void assertAreThoseOf(float[] expected, List<Row> scored) {
        assertThat(scored).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            Row row = scored.get(i);
            if (row.getLong(0) != i || Math.abs(row.getFloat(1) - expected[i]) > 1e-5f) {
                assertThat(row.getLong(0)).isEqualTo(i);
                assertThat(row.getFloat(1)).as("row " + i).isCloseTo(expected[i], within(1e-5f));
            }
        }
    }

    @Test
    void millionRowsAreThoseOfAPlainLoopThoughAnExecutorIsKilled() throws Exception {
        Layer model = Tables.model();
        ScoringModel scoring = ScoringModel.of(model, Tensor.zeros(2, Tables.FEATURES));
        Dataset<Row> table = Tables.table(spark, ROWS, 16);
        Dataset<Row> scored =
                SparkScoring.score(table, scoring, Tables.features(), "score").select("id", "score");
        scored.limit(1000).collectAsList();
        Tables.plainly(model, 100_000, 1024);

        long start = System.nanoTime();
        float[] expected = Tables.plainly(model, ROWS, 1024);
        long plain = System.nanoTime();
        List<Row> rows = scored.collectAsList();
        long end = System.nanoTime();
        System.out.printf(
                "rows per second: %,.0f on two executors of one core, %,.0f in a plain loop on one thread%n",
                ROWS / ((end - plain) / 1e9), ROWS / ((plain - start) / 1e9));
        assertAreThoseOf(expected, rows);

        Set<Long> before = executors();
        var all = CompletableFuture.supplyAsync(scored::collectAsList);
        awaitFinishedTasks(3);
        assertThat(all).as("still computing").isNotDone();
        ProcessHandle.of(before.iterator().next()).orElseThrow().destroyForcibly();
        assertAreThoseOf(expected, all.get(100, TimeUnit.SECONDS));
        assertThat(executors()).isNotEqualTo(before);
    }

    @Test
    void trainingIsThatOfOneProcessAndALostExecutorIsNamed() {
        float[] alone = Fitting.alone();
        assertThat(SparkTraining.run(spark, 2, Fitting::fitted))
                .allSatisfy(weights -> assertThat(weights).containsExactly(alone, within(1e-6f)));
        assertThatThrownBy(() -> SparkTraining.run(spark, 2, ranks -> {
                    if (ranks.rank() == 1) {
                        Runtime.getRuntime().halt(7);
                    }
                    ranks.barrier();
                    return 0;
                }))
                .isInstanceOf(TensorException.class)
                .message()
                .startsWith("spark training: rank 1")
                .containsPattern("executor \\d+")
                .endsWith("start all ranks again, from the last checkpoint");
        // the worker starts another one
        assertThat(SparkTraining.run(spark, 2, ranks -> ranks.rank())).containsExactly(0, 1);
    }

    @Test
    void eachExecutorLoadsTheModelOnceAndFreesIt() {
        ScoringModel scoring = ScoringModel.of(Tables.model(), Tensor.zeros(2, Tables.FEATURES));
        Dataset<Row> scored = SparkScoring.score(Tables.table(spark, 1000, 8), scoring, Tables.features(), "score");
        List<String> first;
        int turns = 0;
        do {
            // an executor that is just starting gets no part of the first table
            scored.collectAsList();
            first = loaded(scoring);
        } while (++turns < 20 && !first.stream().allMatch(text -> text.endsWith("true")));
        SparkScoring.score(Tables.table(spark, 1000, 8), scoring, Tables.features(), "other")
                .collectAsList();
        assertThat(loaded(scoring)).isEqualTo(first);
        assertThat(first).hasSizeBetween(1, 2);
        assertThat(first).allMatch(text -> text.endsWith("true") && !text.contains("threads null"));
        scoring.unpersist();
        assertThat(loaded(scoring)).allMatch(text -> text.endsWith("false"));
    }

    /** For each executor its process, its copy of the model, and whether it is loaded. */
    private static List<String> loaded(ScoringModel scoring) {
        Broadcast<SharedModel> broadcast = scoring.broadcast(spark.sparkContext());
        return spark
                .range(0, 8, 1, 8)
                .mapPartitions(
                        (MapPartitionsFunction<Long, String>) rows -> {
                            Thread.sleep(100);
                            SharedModel shared = broadcast.value();
                            return List.of("process " + ProcessHandle.current().pid() + " model "
                                            + System.identityHashCode(shared) + " threads "
                                            + System.getProperty("lanewise.threads") + " loaded " + shared.isLoaded())
                                    .iterator();
                        },
                        Encoders.STRING())
                .collectAsList()
                .stream()
                .distinct()
                .sorted()
                .toList();
    }
}
