package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainingStateTest {
    @TempDir
    private Path folder;

    private final Layer model = Toy.noisyModel(1);
    private final Optimizer optimizer = new Adam(model.parameters(), 0.01);

    private static void train(Layer model, Optimizer optimizer, int steps) {
        Batch batch = Toy.data().batch(new long[] {0, 1, 2, 3, 4, 5, 6, 7});
        for (int i = 0; i < steps; i++) {
            optimizer.step(Autograd.gradients(model.forward(batch.x()).crossEntropy(batch.y())));
        }
    }

    @Test
    void aLoopWrittenByHandGoesOnBitForBit() {
        Path file = folder.resolve("m");
        train(model, optimizer, 3);
        TrainingState.of(model, optimizer, null).save(file, Map.of("mine", Map.of("x", 0.1, "y", Double.NaN)));
        train(model, optimizer, 3);
        Layer resumed = Toy.noisyModel(2);
        Optimizer other = new Adam(resumed.parameters(), 5);
        assertThat(TrainingState.of(resumed, other, null).restore(file))
                .isEqualTo(Map.of("mine", Map.of("x", 0.1, "y", Double.NaN)));
        train(resumed, other, 3);
        model.namedParameters()
                .forEach((name, p) -> assertThat(
                                resumed.namedParameters().get(name).leaf().toFloatArray())
                        .as(name)
                        .containsExactly(p.leaf().toFloatArray()));
    }

    @Test
    void neitherAverageNorNotesAreNeeded() {
        Path file = folder.resolve("n");
        train(model, optimizer, 2);
        TrainingState.of(model, optimizer).save(file);
        Layer resumed = Toy.noisyModel(2);
        Optimizer other = new Adam(resumed.parameters(), 5);
        assertThat(TrainingState.of(resumed, other).restore(file)).isEmpty();
        assertThat(other.steps()).isEqualTo(2);
    }

    @Test
    void weightsAloneBeginATraining() {
        Path file = folder.resolve("w");
        Checkpoint.saveWeights(file, model);
        Layer loaded = Toy.noisyModel(2);
        TrainingResult result = new Trainer(loaded, new CrossEntropyLoss(), new Sgd(loaded.parameters(), 0.0))
                .resume(file)
                .fit(Toy.loader(44), 1);
        assertThat(result.history()).hasSize(1);
        assertThat(loaded.parameters().getFirst().leaf().toFloatArray())
                .containsExactly(model.parameters().getFirst().leaf().toFloatArray());
    }

    private void assertRefused(Layer other, Optimizer with, String... parts) {
        Path file = folder.resolve("m");
        TrainingState.of(model, optimizer, null).save(file, Map.of());
        assertThatThrownBy(() -> TrainingState.of(other, with, null).restore(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void statesOfOtherModelsAndOptimizersAreRefused() {
        assertRefused(model, new Sgd(model.parameters(), 0.1), "m.training", "Adam", "Sgd");
        Layer linear = new Linear(6, 3);
        assertRefused(linear, new Adam(linear.parameters(), 0.1), "m.training", "missing bias", "unexpected 0.bias");
    }

    @Test
    void weightsThatDontBelongToTheStateAreRefusedButOlderOnesNot() throws IOException {
        Path file = folder.resolve("m");
        TrainingState state = TrainingState.of(model, optimizer, null);
        state.save(file, Map.of());
        byte[] older = Files.readAllBytes(file);
        train(model, optimizer, 1);
        state.save(file, Map.of());
        byte[] newer = Files.readAllBytes(folder.resolve("m.training"));
        Files.write(file, older);
        assertThat(state.restore(file)).isEmpty();
        assertThat(optimizer.steps()).isEqualTo(1);

        Checkpoint.saveWeights(file, model);
        assertThatThrownBy(() -> state.restore(file)).hasMessageContainingAll("m.training", "of no training", "delete");
        Files.write(folder.resolve("m.training"), Arrays.copyOf(newer, newer.length - 9));
        assertThatThrownBy(() -> state.restore(file)).isInstanceOf(CheckpointException.class);
        Safetensors.write(file, Map.of("x", TensorData.of(new float[1], 1)), Map.of("lanewise.steps", "0"));
        Safetensors.write(
                folder.resolve("m.training"),
                Map.of("x", TensorData.of(new float[1], 1)),
                Map.of("lanewise.steps", "many"));
        assertThatThrownBy(() -> state.restore(file)).hasMessageContainingAll("'many'", "whole number");
    }

    @Test
    void aPositionInTheMiddleOfOtherDataIsRefused() {
        Path file = folder.resolve("m");
        int[] steps = {0};
        new Trainer(model, new CrossEntropyLoss(), optimizer)
                .callbacks(Checkpoints.last(file))
                .stopWhen(() -> steps[0]++ == 2)
                .fit(Toy.loader(8), 2);
        assertThatThrownBy(() -> new Trainer(model, new CrossEntropyLoss(), optimizer)
                        .resume(file)
                        .fit(Toy.loader(4), 2))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("6 batches", "11 batches", "batch size");
    }
}
