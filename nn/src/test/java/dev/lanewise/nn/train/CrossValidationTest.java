package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training by folds that is interrupted and gone on with. */
final class CrossValidationTest {
    private static final int EPOCHS = 6;

    /** A run and what it left: the steps it made, and the weights of each fold. */
    private static final class Run {
        private final Path folder;
        private final int mostSteps;
        private int steps;
        private final List<Layer> models = new ArrayList<>();

        Run(Path folder, int mostSteps) {
            this.folder = folder;
            this.mostSteps = mostSteps;
        }

        CrossValidation.Result result() {
            Rng.global().seed(3);
            return CrossValidation.run(Toy.data(), 3, 7, this::train);
        }

        private TrainingResult train(CrossValidation.Fold fold) {
            Layer model = Toy.noisyModel(fold.number());
            models.add(model);
            Path last = folder.resolve("last" + fold.number());
            Trainer trainer = new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.3))
                    .validation(new DataLoader(fold.validation(), 50, false, 0))
                    .callbacks(
                            EarlyStopping.onSmallest("validation_loss", 1)
                                    .restoringBest(folder.resolve("best" + fold.number())),
                            Checkpoints.last(last),
                            new Callback() {
                                @Override
                                public void onStep(Training training, StepFigures figures) {
                                    steps++;
                                }
                            })
                    .stopWhen(() -> steps == mostSteps);
            return (Files.exists(last) ? trainer.resume(last) : trainer)
                    .fit(new DataLoader(fold.training(), 10, true, 5), EPOCHS);
        }

        Map<String, float[]> weights() {
            Map<String, float[]> all = new LinkedHashMap<>();
            for (int i = 0; i < models.size(); i++) {
                String fold = i + ".";
                models.get(i)
                        .namedParameters()
                        .forEach((name, p) -> all.put(fold + name, p.leaf().toFloatArray()));
            }
            return all;
        }
    }

    private static List<Double> losses(CrossValidation.Result result) {
        return result.folds().stream()
                .flatMap(fold -> fold.history().stream())
                .map(figures -> figures.figure("validation_loss"))
                .toList();
    }

    @Test
    void interruptedFoldsGoOnAsIfNothingHadBeen(@TempDir Path folder) throws Exception {
        Run straight = new Run(Files.createDirectory(folder.resolve("straight")), -1);
        CrossValidation.Result expected = straight.result();
        assertThat(expected.isComplete()).isTrue();
        // some folds end early, so that going on with them has something to get wrong
        assertThat(expected.folds().stream().map(TrainingResult::end)).contains(TrainingResult.End.STOPPED);
        Path parts = Files.createDirectory(folder.resolve("parts"));
        for (int steps : new int[] {straight.steps / 2, 2}) {
            CrossValidation.Result part = new Run(parts, steps).result();
            assertThat(part.isComplete()).isFalse();
            assertThat(part.folds().getLast().end()).isEqualTo(TrainingResult.End.INTERRUPTED);
            assertThatThrownBy(() -> part.mean("validation_loss"))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("fold " + (part.folds().size() - 1) + " was interrupted");
        }
        Run rest = new Run(parts, -1);
        CrossValidation.Result result = rest.result();
        assertThat(rest.steps).isEqualTo(straight.steps - straight.steps / 2 - 2);
        assertThat(losses(result)).isEqualTo(losses(expected));
        assertThat(result.mean("validation_loss")).isEqualTo(expected.mean("validation_loss"));
        assertThat(result.deviation("validation_loss")).isEqualTo(expected.deviation("validation_loss"));
        assertThat(result.atBest("validation_loss", Goal.SMALLEST).mean("validation_loss"))
                .isEqualTo(expected.atBest("validation_loss", Goal.SMALLEST).mean("validation_loss"))
                .isLessThan(result.mean("validation_loss"));
        assertThat(new TreeSet<>(rest.weights().keySet()))
                .isEqualTo(new TreeSet<>(straight.weights().keySet()));
        straight.weights()
                .forEach((name, values) ->
                        assertThat(rest.weights().get(name)).as(name).containsExactly(values));
    }
}
