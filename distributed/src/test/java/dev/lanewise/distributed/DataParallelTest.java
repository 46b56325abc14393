package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.distributed.DataParallel.BatchNormStatistics;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.optim.SparseAdam;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.Checkpoints;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.Training;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
final class DataParallelTest {
    /** 44 samples in batches of 16: the last batch has 12. */
    private static DataLoader data(long seed) {
        Tensor x = new Rng(seed).randn(DType.F32, 44, 6);
        return new DataLoader(new TensorDataset(x, x.narrow(1, 0, 3).argmax(1)), 16, true, 11);
    }

    private static Layer model(long seed, boolean norm) {
        Rng rng = new Rng(seed);
        return norm
                ? new Sequential(new Linear(6, 12, rng), new BatchNorm(12), new ReLU(), new Linear(12, 3, rng))
                : new Sequential(new Linear(6, 12, rng), new ReLU(), new Linear(12, 3, rng));
    }

    /** What a run left. */
    private record Run(Map<String, float[]> weights, TrainingResult result, List<Double> losses) {
        static Run of(Layer model, TrainingResult result, List<Double> losses) {
            Map<String, float[]> weights = new LinkedHashMap<>();
            model.stateDict()
                    .forEach((name, tensor) ->
                            weights.put(name, tensor.to(DType.F32).flatten().toFloatArray()));
            return new Run(weights, result, losses);
        }

        void assertSame(Run other) {
            weights.forEach((name, values) ->
                    assertThat(other.weights.get(name)).as(name).isEqualTo(values));
            assertThat(other.losses).isEqualTo(losses);
            assertThat(other.result.last().validation()).isEqualTo(result.last().validation());
        }

        void assertClose(Run other) {
            weights.forEach((name, values) ->
                    assertThat(other.weights.get(name)).as(name).containsExactly(values, within(1e-6f)));
            assertThat(losses).hasSameSizeAs(other.losses);
            for (int i = 0; i < losses.size(); i++) {
                assertThat(losses.get(i)).isCloseTo(other.losses.get(i), within(1e-6));
            }
            result.last()
                    .validation()
                    .forEach((name, value) -> assertThat(
                                    other.result.last().validation().get(name))
                            .as(name)
                            .isCloseTo(value, within(1e-6)));
            assertThat(other.result.last().samples()).isEqualTo(result.last().samples());
        }
    }

    private static final class Losses implements Callback {
        final List<Double> all = new ArrayList<>();

        @Override
        public void onStep(Training training, StepFigures figures) {
            all.add(figures.loss());
        }
    }

    /** Sets a trainer up, the same on all ranks. */
    private interface Setup {
        Trainer of(Layer model);
    }

    private static Trainer adam(Layer model) {
        return new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.01))
                .validation(data(5), () -> new Classification(3));
    }

    private static Trainer sgd(Layer model) {
        Optimizer optimizer = new Sgd(model.parameters(), 0.1, Sgd.Options.momentum(0.9));
        return new Trainer(model, new CrossEntropyLoss(), optimizer).validation(data(5), () -> new Classification(3));
    }

    private static Run alone(Setup setup, boolean norm) {
        Layer model = model(1, norm);
        Losses losses = new Losses();
        return Run.of(model, setup.of(model).callbacks(losses).fit(data(3), 3), losses.all);
    }

    /** Other weights on each rank: those of rank 0 count. */
    private static Run run(SocketRing ring, Setup setup, DataParallel.Options options, boolean norm) {
        Layer model = model(1 + ring.rank(), norm);
        Losses losses = new Losses();
        Trainer trainer = setup.of(model).callbacks(losses);
        return Run.of(model, DataParallel.wrap(trainer, ring, options).fit(data(3), 3), losses.all);
    }

    private static DataParallel.Options options(boolean shard, long bytes) {
        return new DataParallel.Options(BatchNormStatistics.AVERAGED, shard, bytes);
    }

    @ParameterizedTest
    @CsvSource({"2, false, 1", "2, true, 100", "3, false, 100", "4, false, 1000000", "4, true, 1"})
    void ranksTogetherTrainAsOneProcess(int size, boolean shard, long bytes) throws Exception {
        for (Setup setup : List.<Setup>of(
                DataParallelTest::sgd,
                model -> adam(model).average(0.9),
                model -> adam(model).clipByNorm(0.5).accumulate(2))) {
            Run one = alone(setup, false);
            List<Run> all = Ranks.run(size, ring -> run(ring, setup, options(shard, bytes), false));
            List<Run> again = Ranks.run(size, ring -> run(ring, setup, options(shard, bytes), false));
            one.assertClose(all.getFirst());
            for (int rank = 0; rank < size; rank++) {
                all.getFirst().assertSame(all.get(rank));
                all.getFirst().assertSame(again.get(rank));
            }
        }
    }

    @Test
    void shardedOptimizerMakesTheSameUpdates() throws Exception {
        Run whole = Ranks.run(2, ring -> run(ring, DataParallelTest::adam, options(false, 64), true))
                .getFirst();
        Run sharded = Ranks.run(2, ring -> run(ring, DataParallelTest::adam, options(true, 64), true))
                .getFirst();
        whole.assertSame(sharded);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void runningStatisticsAreThoseOfRank0OrTheirMean(boolean averaged) throws Exception {
        var options = new DataParallel.Options(
                averaged ? BatchNormStatistics.AVERAGED : BatchNormStatistics.LOCAL, false, 1000);
        List<Run> all = Ranks.run(2, ring -> run(ring, DataParallelTest::sgd, options, true));
        all.getFirst().assertSame(all.getLast());
        // one step, so that the statistics are those of the parts of one batch
        Tensor x = new Rng(9).randn(DType.F32, 8, 6);
        var loader = new DataLoader(new TensorDataset(x, x.narrow(1, 0, 3).argmax(1)), 8, false, 0);
        List<float[]> means = Ranks.run(2, ring -> {
            BatchNorm norm = new BatchNorm(6);
            var model = new Sequential(norm, new Linear(6, 3, new Rng(1)));
            var trainer = new Trainer(model, new CrossEntropyLoss(), new Sgd(model.parameters(), 0));
            DataParallel.wrap(trainer.validation(loader), ring, options).fit(loader, 1);
            return model.namedBuffers().get("0.running_mean").toFloatArray();
        });
        float[] expected = (averaged ? x : x.narrow(0, 0, 4)).mean(0).mul(0.1).toFloatArray();
        assertThat(means).allSatisfy(mean -> assertThat(mean).containsExactly(expected, within(1e-6f)));
    }

    @ParameterizedTest
    @CsvSource({"2, 2, false", "2, 4, true", "4, 1, true", "1, 2, false", "2, 3, true"})
    void resumesWithAnotherNumberOfRanks(int before, int after, boolean shard, @TempDir Path folder) throws Exception {
        Path file = folder.resolve("model.safetensors");
        Run one = alone(DataParallelTest::adam, false);
        Ranks.run(before, ring -> {
            Losses steps = new Losses();
            Trainer trainer = adam(model(1 + ring.rank(), false))
                    .callbacks(steps, Checkpoints.last(file))
                    // in the middle of the second epoch, as one rank alone is asked to end
                    .stopWhen(() -> ring.rank() == before - 1 && steps.all.size() == 4);
            return DataParallel.wrap(trainer, ring, options(shard, 64)).fit(data(3), 3);
        });
        assertThat(file).exists();
        List<Run> all = Ranks.run(after, ring -> {
            Layer model = model(7 + ring.rank(), false);
            Losses losses = new Losses();
            // only rank 0 can read the file
            Trainer trainer = adam(model).callbacks(losses).resume(ring.rank() == 0 ? file : folder.resolve("none"));
            return Run.of(
                    model, DataParallel.wrap(trainer, ring, options(shard, 64)).fit(data(3), 3), losses.all);
        });
        assertThat(all.getFirst().losses).hasSize(5);
        new Run(one.weights, one.result, one.losses.subList(4, 9)).assertClose(all.getFirst());
    }

    @Test
    void lossesOfRanksCountByWhatTheyAreMeansOver() throws Exception {
        Tensor x = new Rng(4).randn(DType.F32, 8, 6);
        // the second half is ignored but for one sample
        Tensor y = Tensor.of(0L, 1L, 2L, 0L, -100L, -100L, -100L, 1L);
        var loader = new DataLoader(new TensorDataset(x, y), 8, false, 0);
        Setup setup = model -> new Trainer(model, new CrossEntropyLoss(), new Sgd(model.parameters(), 0.5));
        Layer one = model(1, false);
        setup.of(one).fit(loader, 2);
        List<float[]> all = Ranks.run(2, ring -> {
            Layer model = model(1, false);
            DataParallel.wrap(setup.of(model), ring).fit(loader, 2);
            return model.stateDict().get("0.weight").flatten().toFloatArray();
        });
        float[] expected = one.stateDict().get("0.weight").flatten().toFloatArray();
        assertThat(all).allSatisfy(weights -> assertThat(weights).containsExactly(expected, within(1e-6f)));
    }

    @Test
    void mistakesAreNamedOnAllRanks() throws Exception {
        assertThat(Ranks.messages(
                        2,
                        Ranks.OPTIONS,
                        ring -> DataParallel.wrap(sgd(model(1, ring.rank() == 1)), ring)
                                .fit(data(3), 1)))
                .allMatch(message -> message.contains("rank 1 trains another model"));
        assertThat(Ranks.messages(2, Ranks.OPTIONS, ring -> {
                    Layer model = model(1, false);
                    var trainer = new Trainer(
                            model,
                            new CrossEntropyLoss(),
                            new SparseAdam(model.parameters(), 0.1, SparseAdam.Options.defaults()));
                    return DataParallel.wrap(trainer, ring).fit(data(3), 1);
                }))
                .allMatch(message -> message.contains("SparseAdam"));
        Tensor x = new Rng(4).randn(DType.F32, 17, 6);
        var uneven = new DataLoader(new TensorDataset(x, x.narrow(1, 0, 3).argmax(1)), 16, false, 0);
        assertThatThrownBy(() -> Ranks.run(
                        2, ring -> DataParallel.wrap(sgd(model(1, false)), ring).fit(uneven, 1)))
                .hasMessageContaining("the last batch of an epoch has 1 samples for 2 ranks");
    }

    @Test
    void failureOnOneRankEndsAllAndIsNamed() throws Exception {
        List<String> messages = Ranks.messages(3, Ranks.OPTIONS, ring -> {
            Losses steps = new Losses();
            Callback failing = new Callback() {
                @Override
                public void onStep(Training training, StepFigures figures) {
                    if (ring.rank() == 1 && figures.step() == 4) {
                        throw new IllegalStateException("disk is full");
                    }
                }
            };
            return DataParallel.wrap(adam(model(1, false)).callbacks(steps, failing), ring)
                    .fit(data(3), 3);
        });
        assertThat(messages.remove(1)).isEqualTo("disk is full");
        assertThat(messages).allMatch(message -> message.contains("rank 1 failed: disk is full"));
    }

    @Test
    void timeOfCommunicationIsToldAndThatOfOneRankIsNone() throws Exception {
        for (int size = 1; size <= 2; size++) {
            boolean alone = size == 1;
            Ranks.run(size, ring -> {
                DataParallel all = DataParallel.wrap(sgd(model(1, false)), ring);
                all.fit(data(3), 1);
                assertThat(all.communicationSeconds() > 0).isNotEqualTo(alone);
                assertThat(all.waitedSeconds() > 0).isNotEqualTo(alone);
                return all;
            });
        }
    }

    @Test
    void onlyRank0WritesFiles(@TempDir Path folder) throws Exception {
        Ranks.run(
                2,
                ring -> DataParallel.wrap(
                                adam(model(1, false)).callbacks(Checkpoints.last(folder.resolve("rank" + ring.rank()))),
                                ring)
                        .fit(data(3), 1));
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("rank0", "rank0.training");
        }
    }
}
