package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Accuracy;
import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.HostMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class TrainerTest {
    /** Keeps the figures of all steps. */
    private static final class Steps implements Callback {
        final List<StepFigures> all = new ArrayList<>();

        @Override
        public void onStep(Training training, StepFigures figures) {
            all.add(figures);
        }

        double[] rates() {
            return all.stream().mapToDouble(StepFigures::rate).toArray();
        }
    }

    private final Layer model = Toy.plainModel(1);
    private final Steps steps = new Steps();

    private Trainer trainer(Layer trained, double rate) {
        return new Trainer(trained, new CrossEntropyLoss(), new Sgd(trained.parameters(), rate)).callbacks(steps);
    }

    private static void assertSame(Layer actual, Layer expected, Offset<Float> offset) {
        Map<String, Tensor> state = actual.stateDict();
        expected.stateDict()
                .forEach((name, tensor) ->
                        assertThat(state.get(name).toFloatArray()).as(name).contains(tensor.toFloatArray(), offset));
    }

    @Test
    void learnsAndTellsFigures() {
        TrainingResult result = new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.02))
                .validation(Toy.loader(16), Accuracy::new, () -> new Classification(3))
                .callbacks(steps)
                .fit(Toy.loader(8), 30);
        assertThat(result.end()).isEqualTo(TrainingResult.End.COMPLETED);
        assertThat(result.history()).hasSize(30);
        assertThat(result.last().validation()).containsOnlyKeys("loss", "accuracy");
        assertThat(result.last().figure("validation_accuracy")).isGreaterThan(0.95);
        assertThat(result.last().step()).isEqualTo(180);
        assertThat(result.last().samples()).isEqualTo(Toy.SAMPLES);
        assertThat(result.series("train_loss"))
                .hasSize(30)
                .endsWith(result.last().loss());
        assertThat(result)
                .asString()
                .startsWith("TrainingResult[COMPLETED: all 30 epochs were trained; EpochFigures[epoch=30,");
        assertThat(result.metrics()).hasSize(2);
        assertThat(result.metrics().getLast().report()).contains("precision", "recall");
        StepFigures last = steps.all.getLast();
        assertThat(last.size()).isEqualTo(4);
        assertThat(last.meanLoss()).isEqualTo(result.last().loss());
        assertThatThrownBy(() -> result.last().figure("loss")).hasMessageContaining("validation_loss");
    }

    @Test
    void accumulatedBatchesMakeTheUpdateOfOneLargeBatch() {
        Layer large = Toy.plainModel(1);
        trainer(large, 0.5).fit(new DataLoader(Toy.data(), 24, true, 11), 5);
        List<StepFigures> ofLarge = List.copyOf(steps.all);
        steps.all.clear();
        // 44 samples in parts of 6 are 8 batches, the last of 2: two updates an epoch, of 24 and 20 samples
        trainer(model, 0.5).accumulate(4).fit(new DataLoader(Toy.data(), 6, true, 11), 5);
        assertThat(steps.all).hasSize(10);
        for (int i = 0; i < 10; i++) {
            StepFigures ofParts = steps.all.get(i);
            assertThat(ofParts.size())
                    .isEqualTo(i % 2 == 0 ? 24 : 20)
                    .isEqualTo(ofLarge.get(i).size());
            assertThat(ofParts.loss()).isCloseTo(ofLarge.get(i).loss(), within(1e-5));
        }
        assertSame(model, large, within(1e-5f));
    }

    @Test
    void schedulesGoByStepOrByEpoch() {
        Schedule halving = Schedule.exponential(1, 0.5);
        trainer(model, 9).schedule(halving).fit(new DataLoader(Toy.data(), 22, true, 0), 2);
        assertThat(steps.rates()).containsExactly(1, 0.5, 0.25, 0.125);
        steps.all.clear();
        trainer(model, 9).scheduleByEpoch(halving).fit(new DataLoader(Toy.data(), 22, true, 0), 2);
        assertThat(steps.rates()).containsExactly(1, 1, 0.5, 0.5);
    }

    @Test
    void clippedGradientsAreWithinTheirBounds() {
        Layer before = Toy.plainModel(1);
        trainer(model, 1).clipByNorm(1e-3).fit(new DataLoader(Toy.data(), 44, false, 0), 1);
        assertThat(distance(model, before)).isCloseTo(1e-3, within(1e-5));
        assertThat(steps.all.getFirst().more().get("gradient_norm")).isGreaterThan(1e-3);
        Layer byValue = Toy.plainModel(1);
        trainer(byValue, 1).clipByValue(1e-3).fit(new DataLoader(Toy.data(), 44, false, 0), 1);
        assertSame(byValue, before, within(1.001e-3f));
        assertThatThrownBy(() -> trainer(model, 1).clipByNorm(0)).isInstanceOf(TensorException.class);
    }

    private static double distance(Layer a, Layer b) {
        Map<String, Tensor> other = b.stateDict();
        double squares = a.stateDict().entrySet().stream()
                .mapToDouble(e ->
                        e.getValue().sub(other.get(e.getKey())).square().sum().item())
                .sum();
        return Math.sqrt(squares);
    }

    @Test
    void frozenLayersKeepTheirStatistics() {
        Layer noisy = Toy.noisyModel(1);
        BatchNorm norm = (BatchNorm) noisy.children().get("1");
        norm.freeze(true);
        float[] before = noisy.namedBuffers().get("1.running_mean").toFloatArray();
        trainer(noisy, 0.1).fit(Toy.loader(8), 1);
        assertThat(noisy.namedBuffers().get("1.running_mean").toFloatArray()).containsExactly(before);
        norm.freeze(false);
        trainer(noisy, 0.1).fit(Toy.loader(8), 1);
        assertThat(noisy.namedBuffers().get("1.running_mean").toFloatArray()).isNotEqualTo(before);
    }

    @Test
    void theStopConditionEndsBetweenSteps() {
        TrainingResult result =
                trainer(model, 0.1).stopWhen(() -> steps.all.size() == 8).fit(Toy.loader(8), 5);
        assertThat(result.end()).isEqualTo(TrainingResult.End.INTERRUPTED);
        assertThat(result.reason()).isEqualTo("interrupted in epoch 2 after 2 of 6 batches");
        assertThat(result.history()).hasSize(1);
        assertThat(steps.all).hasSize(8);
    }

    @Test
    void averagedWeightsFollowAndAreMeasured() {
        Map<String, float[]> expected = new HashMap<>();
        model.namedParameters().forEach((name, p) -> expected.put(name, p.leaf().toFloatArray()));
        Callback follow = new Callback() {
            @Override
            public void onStep(Training training, StepFigures figures) {
                model.namedParameters().forEach((name, p) -> {
                    float[] now = p.leaf().toFloatArray();
                    float[] average = expected.get(name);
                    for (int i = 0; i < now.length; i++) {
                        average[i] = 0.8f * average[i] + 0.2f * now[i];
                    }
                });
            }
        };
        Trainer trainer = trainer(model, 0.5).average(0.8).callbacks(follow);
        trainer.fit(Toy.loader(8), 3);
        WeightAverage average = trainer.average;
        assertThat(average).isNotNull();
        average.tensors()
                .forEach((name, tensor) ->
                        assertThat(tensor.toFloatArray()).contains(expected.get(name), within(1e-5f)));

        double ofAverage = trainer.evaluate(Toy.loader(8)).figures().get("loss");
        Layer averaged = Toy.plainModel(2);
        averaged.loadStateDict(average.tensors());
        double ofCopy = trainer(averaged, 1).evaluate(Toy.loader(8)).figures().get("loss");
        double ofWeights = trainer(model, 1).evaluate(Toy.loader(8)).figures().get("loss");
        assertThat(ofAverage).isEqualTo(ofCopy).isNotEqualTo(ofWeights);
    }

    @Test
    void stepsLeaveNothingBehind() {
        Layer noisy = Toy.noisyModel(1);
        Trainer trainer = trainer(noisy, 0.1)
                .accumulate(2)
                .clipByNorm(1)
                .average(0.9)
                .callbacks(new NanGuard(), new GradientNorm())
                .validation(Toy.loader(16), Accuracy::new);
        DataLoader data = Toy.loader(8);
        // what other tests have left would go back meanwhile
        HostMemory.trim();
        trainer.fit(data, 20);
        long before = HostMemory.bytesFromSystem();
        trainer.fit(data, 200);
        assertThat(HostMemory.bytesFromSystem()).isLessThanOrEqualTo(before);
    }

    @Test
    void wrongSettingsAreRefused() {
        assertThatThrownBy(() -> trainer(model, 1).fit(Toy.loader(8), 0)).hasMessageContaining("0 epochs");
        assertThatThrownBy(() -> trainer(model, 1).accumulate(0)).hasMessageContaining("accumulate 0");
        assertThatThrownBy(() -> trainer(model, 1).average(1)).hasMessageContaining("decay 1.0");
        assertThat(steps.all).isEmpty();
    }
}
