package dev.lanewise.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.spark.SparkTraining.Options;
import dev.lanewise.tensor.TensorException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SparkTrainingTest {
    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = Sessions.local(2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @Test
    void ranksTogetherTrainAsOneProcess() {
        float[] alone = Fitting.alone();
        List<float[]> together = SparkTraining.run(spark, 2, Fitting::fitted);
        assertThat(together).hasSize(2);
        assertThat(together.get(0)).containsExactly(alone, within(1e-6f)).isEqualTo(together.get(1));
        assertThat(SparkTraining.run(spark, 2, Fitting::fitted).get(0)).isEqualTo(together.get(0));
        assertThat(SparkTraining.run(spark, 1, Fitting::fitted).get(0)).containsExactly(alone, within(1e-6f));
    }

    @Test
    void resultsAreInTheOrderOfRanksAndMayBeNull() {
        assertThat(SparkTraining.run(spark, 2, ranks -> ranks.rank() + "/" + ranks.size()))
                .containsExactly("0/2", "1/2");
        assertThat(SparkTraining.<String>run(spark, 2, ranks -> null)).containsExactly(null, null);
    }

    @Test
    void failureOfARankNamesItAndItsExecutor() {
        assertThatThrownBy(() -> SparkTraining.run(spark, 2, ranks -> {
                    if (ranks.rank() == 1) {
                        throw new IllegalStateException("disk is full");
                    }
                    ranks.barrier();
                    return 0;
                }))
                .isInstanceOf(TensorException.class)
                .message()
                .contains("rank 1 (executor driver on ")
                .contains("failed: disk is full")
                .endsWith("start all ranks again, from the last checkpoint");
    }

    @Test
    void tooFewSlotsAreToldAtOnce() {
        var options = new Options(Duration.ZERO, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5));
        assertThatThrownBy(() -> SparkTraining.run(spark, 3, ranks -> 0, options))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("3 ranks for 2 tasks at the same time");
        assertThatThrownBy(() -> SparkTraining.run(spark, 0, ranks -> 0)).hasMessageContaining("0 ranks");
        assertThatThrownBy(() -> new Options(
                        Duration.ofSeconds(-1), Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5)))
                .hasMessageContaining("(expected 0 or more)");
    }

    @Test
    void cancelledJobEndsRanksThatWait() throws Exception {
        var run = CompletableFuture.runAsync(() -> SparkTraining.run(spark, 2, ranks -> {
            if (ranks.rank() == 1) {
                TimeUnit.SECONDS.sleep(8);
            }
            ranks.barrier();
            return 0;
        }));
        TimeUnit.SECONDS.sleep(3);
        spark.sparkContext().cancelAllJobs();
        assertThat(run.handle((done, e) -> String.valueOf(e)).get(20, TimeUnit.SECONDS))
                .contains("spark training: ")
                .containsIgnoringCase("cancelled");
        assertThat(SparkTraining.run(spark, 2, ranks -> ranks.rank())).containsExactly(0, 1);
    }
}
