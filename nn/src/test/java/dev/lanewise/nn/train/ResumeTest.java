package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Accuracy;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.NAdam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Plateau;
import dev.lanewise.nn.optim.RmsProp;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** An interrupted and resumed training is the same, bit for bit, as one that was not interrupted. */
final class ResumeTest {
    private static final int EPOCHS = 4;

    @TempDir
    private Path folder;

    private record Setting(
            String name,
            Function<List<Parameter>, Optimizer> optimizer,
            Function<Optimizer, Callback> callback,
            UnaryOperator<Trainer> more) {
        Setting(String name, Function<List<Parameter>, Optimizer> optimizer, UnaryOperator<Trainer> more) {
            this(name, optimizer, ignored -> new GradientNorm(), more);
        }
    }

    private static final List<Setting> SETTINGS = List.of(
            new Setting(
                    "SGD with momentum, one cycle, clipped by norm",
                    p -> new Sgd(p, 0.1, Sgd.Options.momentum(0.9)),
                    t -> t.schedule(Schedule.oneCycle(0.2, EPOCHS * 6L)).clipByNorm(0.5)),
            new Setting(
                    "Adam, cosine by epoch, average",
                    p -> new Adam(p, 0.02),
                    t -> t.scheduleByEpoch(Schedule.cosine(0.02, 0, EPOCHS)).average(0.9)),
            new Setting(
                    "AdamW, plateau, accumulation",
                    p -> new Adam(p, 0.02, Adam.Options.adamW()),
                    optimizer ->
                            new ReduceOnPlateau("validation_loss", Goal.SMALLEST, new Plateau(optimizer, 0.5, 0, 1e-4)),
                    t -> t.accumulate(2)),
            new Setting("Adam in F16", p -> new Adam(p, 0.02), t -> t.autocast(DType.F16)),
            new Setting(
                    "NAdam, warm-up, clipped by value",
                    p -> new NAdam(p, 0.01, NAdam.Options.defaults()),
                    t -> t.schedule(Schedule.constant(0.01).warmedUp(9)).clipByValue(0.05)),
            new Setting(
                    "RMSprop, no schedule",
                    p -> new RmsProp(p, 0.01, RmsProp.Options.defaults()),
                    UnaryOperator.identity()));

    /** A run with the model it trained. */
    private record Run(Layer model, Optimizer optimizer, Trainer trainer, TrainingResult result) {
        Map<String, Object> everything() {
            Map<String, Object> all = new LinkedHashMap<>();
            put(all, "model.", model.stateDict());
            put(all, "optimizer.", optimizer.stateDict());
            WeightAverage average = trainer.average;
            put(all, "average.", average == null ? Map.of() : average.tensors());
            all.put("steps", optimizer.steps());
            all.put("rate", optimizer.rate());
            all.put(
                    "random",
                    TrainingState.of(model, optimizer, null).streams().stream()
                            .map(rng -> rng.seed() + "/" + rng.counter())
                            .toList());
            for (EpochFigures figures : result.history()) {
                Map<String, Double> known = figures.asMap();
                known.keySet().removeAll(List.of("train_s", "samples_per_s"));
                all.put("epoch " + figures.epoch(), known);
            }
            return all;
        }

        private static void put(Map<String, Object> all, String prefix, Map<String, Tensor> tensors) {
            tensors.forEach((name, tensor) ->
                    all.put(prefix + name, tensor.dtype().isFloating() ? tensor.toFloatArray() : tensor.toLongArray()));
        }
    }

    private static Run run(Setting setting, long seed, int stopAfter, UnaryOperator<Trainer> more) {
        Rng.global().seed(seed);
        Layer model = Toy.noisyModel(seed);
        Optimizer optimizer = setting.optimizer.apply(model.parameters());
        Trainer trainer = new Trainer(model, new CrossEntropyLoss(), optimizer)
                .validation(new DataLoader(Toy.data(), 16, false, 0), Accuracy::new)
                .callbacks(setting.callback.apply(optimizer))
                .stopWhen(() -> model.isTraining() && optimizer.steps() == stopAfter);
        Trainer complete = more.apply(setting.more.apply(trainer));
        return new Run(model, optimizer, complete, complete.fit(Toy.loader(8), EPOCHS));
    }

    @TestFactory
    Stream<DynamicTest> resumedTrainingIsTheSame() {
        return SETTINGS.stream()
                .flatMap(setting -> Stream.of(2, 6, 7)
                        .map(steps -> dynamicTest(
                                setting.name + ", stopped after " + steps + " steps", () -> check(setting, steps))));
    }

    private void check(Setting setting, int steps) {
        Path file = folder.resolve(setting.name.replaceAll("\\W", "") + steps);
        Map<String, Object> straight =
                run(setting, 1, -1, UnaryOperator.identity()).everything();
        Run first = run(setting, 1, steps, t -> t.callbacks(Checkpoints.last(file)));
        assertThat(first.result.end()).isEqualTo(TrainingResult.End.INTERRUPTED);
        assertThat(first.optimizer.steps()).isEqualTo(steps);
        Run resumed = run(setting, 2, -1, t -> t.resume(file));
        assertThat(resumed.result.end()).isEqualTo(TrainingResult.End.COMPLETED);
        assertThat(resumed.everything()).usingRecursiveComparison().isEqualTo(straight);
    }

    @Test
    void aTrainingMayBeInterruptedTwice() {
        Path file = folder.resolve("m");
        Setting setting = SETTINGS.getLast();
        Run straight = run(setting, 1, -1, UnaryOperator.identity());
        Run half = run(setting, 1, 12, t -> t.callbacks(Checkpoints.last(file)));
        assertThat(half.result.history()).hasSize(2);
        run(setting, 3, 18, t -> t.resume(file).callbacks(Checkpoints.last(file)));
        Run resumed = run(setting, 4, -1, t -> t.resume(file));
        assertThat(resumed.everything()).usingRecursiveComparison().isEqualTo(straight.everything());
    }

    @Test
    void aValidationThatWasInterruptedIsMadeAfterTheResume() {
        Path file = folder.resolve("m");
        Setting setting = SETTINGS.getFirst();
        Run straight = run(setting, 1, -1, UnaryOperator.identity());
        Run part = run(
                setting,
                1,
                -1,
                t -> t.stopWhen(() -> !t.model.isTraining() && t.optimizer.steps() == 12)
                        .callbacks(Checkpoints.last(file)));
        assertThat(part.result.reason()).isEqualTo("interrupted in epoch 2 after 6 of 6 batches");
        assertThat(part.result.history()).hasSize(1);
        Run resumed = run(setting, 2, -1, t -> t.resume(file));
        assertThat(resumed.everything()).usingRecursiveComparison().isEqualTo(straight.everything());
    }
}
