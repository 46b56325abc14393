package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Metric;
import dev.lanewise.nn.optim.Plateau;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.shared.TextBar;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CallbacksTest {
    @TempDir
    private Path folder;

    private final Layer model = Toy.plainModel(1);
    private final Sgd optimizer = new Sgd(model.parameters(), 0.1);

    private Trainer trainer() {
        return new Trainer(model, new CrossEntropyLoss(), optimizer).validation(Toy.loader(16));
    }

    /** A metric with one given value after another. */
    private Trainer trainer(double... values) {
        int[] epoch = {0};
        return new Trainer(model, new CrossEntropyLoss(), optimizer)
                .validation(Toy.loader(44), () -> new Given(values[epoch[0]++]));
    }

    private record Given(double value) implements Metric {
        @Override
        public void add(Tensor output, Tensor target) {}

        @Override
        public Map<String, Double> figures() {
            return Map.of("given", value);
        }
    }

    @Test
    void earlyStoppingWaitsAndStops() {
        TrainingResult result = trainer(5, 4, 4.5, 3.95, 4, 1)
                .callbacks(new EarlyStopping("validation_given", Goal.SMALLEST, 2, 0.1))
                .fit(Toy.loader(16), 6);
        assertThat(result.end()).isEqualTo(TrainingResult.End.STOPPED);
        assertThat(result.history()).hasSize(5);
        assertThat(result.reason()).contains("validation_given", "4.0", "3 epochs");
        assertThat(trainer(1, 2, 3, 2, 2)
                        .callbacks(EarlyStopping.onLargest("validation_given", 0))
                        .fit(Toy.loader(16), 5)
                        .history())
                .hasSize(4);
        assertThatThrownBy(() -> trainer()
                        .callbacks(EarlyStopping.onSmallest("test_loss", 1))
                        .fit(Toy.loader(16), 1))
                .hasMessageContaining("test_loss")
                .hasMessageContaining("validation_loss");
    }

    @Test
    void aTrainingThatEndedEarlyEndsAtOnceWhenItIsResumedAndAnotherBeginsAnew() {
        Path file = folder.resolve("ended");
        EarlyStopping once = EarlyStopping.onLargest("validation_given", 0);
        TrainingResult first = trainer(1, 2, 1, 3, 4, 5)
                .callbacks(once, Checkpoints.last(file))
                .fit(Toy.loader(16), 6);
        assertThat(first.history()).hasSize(3);
        TrainingResult resumed = trainer(9)
                .callbacks(EarlyStopping.onLargest("validation_given", 0))
                .resume(file)
                .fit(Toy.loader(16), 6);
        assertThat(resumed.end()).isEqualTo(TrainingResult.End.STOPPED);
        assertThat(resumed.reason()).isEqualTo(first.reason());
        assertThat(resumed.history()).hasSize(3);
        assertThat(trainer(0, 0).callbacks(once).fit(Toy.loader(16), 6).history())
                .hasSize(2);
    }

    @Test
    void plateauLowersTheRateByAFigureThatShouldGrow() {
        trainer(1, 2, 2, 3, 3, 3)
                .callbacks(new ReduceOnPlateau("validation_given", Goal.LARGEST, new Plateau(optimizer, 0.5, 0, 0)))
                .fit(Toy.loader(16), 6);
        assertThat(optimizer.rate()).isEqualTo(0.1 * 0.125);
    }

    @Test
    void theBestCheckpointIsOfTheBestEpoch() {
        Path best = folder.resolve("best");
        Path last = folder.resolve("last");
        Map<Integer, float[]> weights = new LinkedHashMap<>();
        Callback watch = new Callback() {
            @Override
            public void onEpochEnd(Training training, EpochFigures figures) {
                weights.put(figures.epoch(), firstWeights(training.model()));
            }
        };
        trainer(3, 1, 2)
                .callbacks(watch, Checkpoints.best(best, "validation_given", Goal.SMALLEST), Checkpoints.last(last, 2))
                .fit(Toy.loader(16), 3);
        Layer loaded = Toy.plainModel(2);
        Checkpoint.loadWeights(best, loaded);
        assertThat(firstWeights(loaded)).containsExactly(weights.get(2));
        Checkpoint.loadWeights(last, loaded);
        assertThat(firstWeights(loaded)).containsExactly(weights.get(3));
    }

    private static float[] firstWeights(Layer layer) {
        return layer.parameters().getFirst().leaf().toFloatArray();
    }

    @Test
    void checkpointsHoldTheAverageForUseAndAreNotHalfWritten() throws IOException {
        Path file = folder.resolve("m");
        Trainer trainer = trainer().average(0.5).callbacks(Checkpoints.last(file));
        trainer.fit(Toy.loader(16), 2);
        WeightAverage average = trainer.average;
        assertThat(average).isNotNull();
        try (SafetensorsFile weights = Safetensors.open(file)) {
            assertThat(weights.names())
                    .containsExactlyInAnyOrderElementsOf(model.stateDict().keySet());
            average.tensors()
                    .forEach((name, tensor) ->
                            assertThat(weights.entry(name).toFloatArray()).containsExactly(tensor.toFloatArray()));
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("m", "m.training");
        }
    }

    @Test
    void gradientNormsAndProgressAreTold() {
        List<String> lines = new ArrayList<>();
        trainer()
                .callbacks(new GradientNorm(), new ProgressLog(lines::add, Duration.ZERO))
                .stopWhen(() -> lines.size() == 4)
                .fit(Toy.loader(22), 3);
        assertThat(lines).hasSize(5);
        assertThat(lines.get(0)).matches("epoch 1/3, 22 of 44 samples: loss \\d\\.\\d{4}, gradient_norm \\d\\.\\d{4}");
        assertThat(lines.get(2))
                .matches("epoch 1/3: loss \\d\\.\\d{4}, validation_loss \\d\\.\\d{4}, \\d+\\.\\d s, \\d+ samples/s");
        assertThat(lines.getLast()).isEqualTo("ended: interrupted in epoch 2 after 1 of 2 batches");
    }

    @Test
    void theBarIsDrawnInPlaceAndErasedBeforeAnEpochsLine() {
        StringWriter terminal = new StringWriter();
        PrintWriter out = new PrintWriter(terminal);
        trainer()
                .callbacks(new GradientNorm(), new ProgressBar(out, Duration.ZERO), new ProgressLog(out::println))
                .fit(Toy.loader(11), 1);
        List<String> drawn = List.of(terminal.toString().split("\r", -1));
        assertThat(drawn.get(1))
                .matches(
                        "\u001b\\[Kepoch 1/1 \\[={6} {18}] loss \\d\\.\\d{4}, gradient_norm \\d\\.\\d{4}, \\d+ samples/s,"
                                + " \\d:\\d\\d left");
        assertThat(drawn.get(4)).contains("[" + "=".repeat(24) + "]", "0:00 left");
        assertThat(drawn.get(5)).matches("\u001b\\[Kepoch 1/1: loss .*\\R");
        assertThat(drawn).hasSize(7).last().isEqualTo("\u001b[K");
        assertThat(TextBar.of(0, 0)).isEqualTo(TextBar.of(5, 5));
        assertThat(TextBar.of(-1, 2)).isEqualTo(TextBar.of(0, 2));
    }

    @Test
    void callbacksWithOneNameAndAStateAreRefused() {
        assertThatThrownBy(() -> trainer()
                        .callbacks(
                                EarlyStopping.onLargest("validation_loss", 1),
                                EarlyStopping.onSmallest("validation_loss", 1),
                                Checkpoints.last(folder.resolve("m")))
                        .fit(Toy.loader(16), 1))
                .hasMessageContaining("'EarlyStopping.validation_loss'");
    }
}
