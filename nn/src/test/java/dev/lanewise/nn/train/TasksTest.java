package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.NamedDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.ParameterGroup;
import dev.lanewise.nn.optim.ParameterGroups;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings of several inputs and targets, by folds, with rates of their own, and with the best weights in the end. */
final class TasksTest {
    /** Two towers, whose scores rank what was liked above something else. */
    private static final class Towers extends Layer {
        private final Linear user = child("user", new Linear(4, 3, new Rng(1)));
        private final Linear item = child("item", new Linear(5, 3, new Rng(2)));

        Tensor score(Tensor users, Tensor items) {
            return called(() -> user.forward(users).mul(item.forward(items)).sum(1));
        }
    }

    private static Task ranking(Towers towers) {
        return new Task() {
            @Override
            public List<Tensor> forward(Batch batch) {
                return List.of(
                        towers.score(batch.x(), batch.get("liked")), towers.score(batch.x(), batch.get("other")));
            }

            @Override
            public Tensor loss(List<Tensor> scores, Batch batch) {
                return Losses.bayesianPersonalizedRanking(Reduction.MEAN).of(scores.get(0), scores.get(1));
            }
        };
    }

    private static NamedDataset rankings() {
        Tensor users = new Rng(3).randn(DType.F32, 30, 4);
        Tensor liked = new Rng(4).randn(DType.F32, 30, 5);
        return new NamedDataset(
                users,
                Tensor.ones(30),
                new LinkedHashMap<>(Map.of("liked", liked, "other", new Rng(5).randn(DType.F32, 30, 5))));
    }

    @Test
    void modelsOfSeveralInputsAreTrainedAndMeasured() {
        Towers towers = new Towers();
        DataLoader data = new DataLoader(rankings(), 7, true, 1);
        Trainer trainer = new Trainer(towers, ranking(towers), new Adam(towers.parameters(), 0.05)).validation(data);
        double before = trainer.evaluate(data).figures().get("loss");
        double after = trainer.fit(data, 8).last().figure("validation_loss");
        assertThat(after).isLessThan(before * 0.7);
        assertThat(trainer.evaluate(new DataLoader(rankings(), 30, false, 0))
                        .figures()
                        .get("loss"))
                .isCloseTo(after, within(1e-5));
    }

    @Test
    void accumulatedPartsAreOneBatch() {
        Towers whole = new Towers();
        Towers parts = new Towers();
        new Trainer(whole, ranking(whole), new Sgd(whole.parameters(), 0.1))
                .fit(new DataLoader(rankings(), 30, false, 0), 1);
        new Trainer(parts, ranking(parts), new Sgd(parts.parameters(), 0.1))
                .accumulate(4)
                .fit(new DataLoader(rankings(), 8, false, 0), 1);
        whole.stateDict()
                .forEach(
                        (name, tensor) -> assertThat(parts.stateDict().get(name).toFloatArray())
                                .containsExactly(tensor.toFloatArray(), within(1e-6f)));
    }

    @Test
    void summaryOfAModelOfSeveralInputs() {
        Towers towers = new Towers();
        assertThat(towers.summary(() -> towers.score(Tensor.ones(1, 4), Tensor.ones(1, 5)))
                        .toString())
                .contains("user (Linear)", "item (Linear)", "[1, 3]");
    }

    @Test
    void namesThatABatchDoesNotHaveAreAnError() {
        Batch batch = rankings().batch(new long[] {0, 1});
        assertThat(batch.tensors()).hasSize(4);
        assertThatThrownBy(() -> batch.get("mask"))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("liked");
        assertThatThrownBy(() -> batch.withTensors(List.of(batch.x())))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("give all of them");
        assertThatThrownBy(() -> new NamedDataset(Tensor.ones(3, 1), Tensor.ones(3), Map.of("mask", Tensor.ones(2))))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("first size");
    }

    @Test
    void foldsCoverAllSamplesOnce() {
        List<CrossValidation.Fold> folds = CrossValidation.folds(Toy.data(), 5, 7);
        List<Double> seen = new ArrayList<>();
        for (CrossValidation.Fold fold : folds) {
            assertThat(fold.training().size() + fold.validation().size()).isEqualTo(Toy.SAMPLES);
            assertThat(fold.validation().size()).isBetween(8L, 9L);
            long[] all = LongStream.range(0, fold.validation().size()).toArray();
            Arrays.stream(fold.validation().batch(all).x().select(1, 0).toDoubleArray())
                    .forEach(seen::add);
        }
        assertThat(seen).hasSize(Toy.SAMPLES).doesNotHaveDuplicates();
        assertThatThrownBy(() -> CrossValidation.folds(Toy.data(), 1, 7)).isInstanceOf(TensorException.class);
        CrossValidation.Result result = CrossValidation.run(Toy.data(), 3, 7, fold -> {
            Layer model = Toy.plainModel(fold.number());
            return new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.02))
                    .validation(new DataLoader(fold.validation(), 50, false, 0))
                    .fit(new DataLoader(fold.training(), 10, true, 0), 3);
        });
        assertThat(result.folds()).hasSize(3);
        assertThat(result.mean("validation_loss")).isBetween(0.3, 2.0);
        assertThat(result.deviation("validation_loss")).isPositive();
    }

    @Test
    void rateFinderLeavesEverythingAsItWas() {
        // what the tests before have drawn would be seen in the losses
        Rng.global().seed(5);
        Layer model = Toy.noisyModel(1);
        Adam adam = new Adam(model.parameters(), 1e-3);
        Trainer trainer = new Trainer(model, new CrossEntropyLoss(), adam);
        trainer.fit(Toy.loader(11), 1);
        Map<String, float[]> before = new LinkedHashMap<>();
        model.stateDict().forEach((name, t) -> before.put(name, t.to(DType.F32).toFloatArray()));
        long steps = adam.steps();
        float drawn = Rng.global().rand(DType.F32, 1).toFloatArray()[0];
        Rng.global().seek(Rng.global().seed(), Rng.global().counter());
        RateFinder.Result tried = RateFinder.find(trainer, Toy.loader(11), 1e-6, 10, 60);
        model.stateDict()
                .forEach((name, t) ->
                        assertThat(t.to(DType.F32).toFloatArray()).as(name).containsExactly(before.get(name)));
        assertThat(drawn).isBetween(0f, 1f);
        assertThat(adam.steps()).isEqualTo(steps);
        assertThat(adam.rate()).isEqualTo(1e-3);
        assertThat(tried.rates()).hasSameSizeAs(tried.losses()).isSorted();
        assertThat(tried.suggestion()).isBetween(1e-5, 5.0);
        assertThatThrownBy(() -> RateFinder.find(trainer, Toy.loader(11), 1, 0.1, 5))
                .isInstanceOf(TensorException.class);
    }

    @Test
    void rateFinderTrainsAsATrainerDoesAndLeavesModesAsTheyWere() {
        Layer model = Toy.noisyModel(1);
        model.layer("1").freeze(true);
        model.layer("3").eval();
        Trainer trainer = new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 1e-3));
        List<Boolean> normalizing = new ArrayList<>();
        Runnable remove = model.hookForward("1", y -> {
            normalizing.add(model.layer("1").isTraining());
            return y;
        });
        RateFinder.find(trainer, Toy.loader(11), 1e-6, 1e-3, 3);
        remove.run();
        // a frozen layer's statistics don't change, and so it is in evaluation mode
        assertThat(normalizing).containsOnly(false);
        List<Boolean> modes = new ArrayList<>();
        model.apply(layer -> modes.add(layer.isTraining()));
        assertThat(modes).containsExactly(true, true, true, true, false, true, true, true);
    }

    @Test
    void groupsByNameHaveTheirOwnRates() {
        Layer model = Toy.plainModel(1);
        var settings = new LinkedHashMap<String, UnaryOperator<ParameterGroup>>();
        settings.put("0\\..*", group -> group.withRateFactor(0));
        settings.put(".*\\.bias", group -> group.withWeightDecay(0));
        ParameterGroups groups = ParameterGroups.byName(model, settings);
        assertThat(groups.groups()).hasSize(3);
        float[] first = ((Linear) model.layer("0")).weight().leaf().toFloatArray();
        float[] last = ((Linear) model.layer("2")).weight().leaf().toFloatArray();
        new Sgd(groups, 0.1, Sgd.Options.momentum(0))
                .step(Autograd.gradients(
                        model.forward(Tensor.ones(2, 6)).square().sum()));
        assertThat(((Linear) model.layer("0")).weight().leaf().toFloatArray()).containsExactly(first);
        assertThat(((Linear) model.layer("2")).weight().leaf().toFloatArray()).isNotEqualTo(last);
        settings.put("3\\..*", group -> group);
        assertThatThrownBy(() -> ParameterGroups.byName(model, settings))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("decides for no parameter");
        settings.put("(", group -> group);
        assertThatThrownBy(() -> ParameterGroups.byName(model, settings))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no regular expression");
    }

    @Test
    void theBestWeightsAreThereInTheEnd(@TempDir Path dir) {
        Layer model = Toy.plainModel(2);
        Path file = dir.resolve("best.safetensors");
        // a rate at which the loss soon rises again
        TrainingResult result = new Trainer(model, new CrossEntropyLoss(), new Sgd(model.parameters(), 8))
                .validation(Toy.loader(44))
                .callbacks(EarlyStopping.onSmallest("validation_loss", 2).restoringBest(file))
                .fit(Toy.loader(11), 30);
        double best = result.history().stream()
                .mapToDouble(figures -> figures.figure("validation_loss"))
                .min()
                .orElseThrow();
        Layer saved = Toy.plainModel(3);
        Checkpoint.loadWeights(file, saved);
        for (Layer restored : List.of(model, saved)) {
            double loss = new Trainer(restored, new CrossEntropyLoss(), new Sgd(restored.parameters(), 1))
                    .evaluate(Toy.loader(44))
                    .figures()
                    .get("loss");
            assertThat(loss).isCloseTo(best, within(1e-6));
        }
        TrainingResult atBest = result.atBest("validation_loss", Goal.SMALLEST);
        assertThat(atBest.last().figure("validation_loss")).isEqualTo(best);
        assertThat(atBest.history()).hasSize(result.history().indexOf(atBest.last()) + 1);
        assertThat(result.atBest("train_loss", Goal.LARGEST).last().loss())
                .isEqualTo(Arrays.stream(result.series("train_loss")).max().orElseThrow());
        assertThatThrownBy(() -> result.atBest("accuracy", Goal.LARGEST)).isInstanceOf(TensorException.class);
        TrainingResult none = new TrainingResult(TrainingResult.End.COMPLETED, "", List.of(), List.of());
        assertThatThrownBy(() -> none.atBest("train_loss", Goal.LARGEST))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected a finite number");
    }

    @Test
    void gradientsOfSamplesAverageToThatOfTheBatch() {
        Layer model = Toy.plainModel(4);
        Batch batch = Toy.data().batch(new long[] {0, 5, 9});
        Map<String, Tensor> single = SampleGradients.of(model, new CrossEntropyLoss(), batch);
        var whole = Autograd.gradients(new CrossEntropyLoss().of(model.forward(batch.x()), batch.y()));
        model.namedParameters()
                .forEach((name, p) -> assertThat(
                                single.get(name).mean(0).flatten().toFloatArray())
                        .containsExactly(whole.of(p.leaf()).flatten().toFloatArray(), within(1e-6f)));
    }
}
