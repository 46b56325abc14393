package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointTest {
    @TempDir
    private Path folder;

    private final Rng rng = new Rng(9);

    private static Module model(long seed) {
        Rng rng = new Rng(seed);
        return new Sequential(new Linear(5, 8, rng), new ReLU(), new Linear(8, 3, rng));
    }

    private static void train(Module model, Optimizer optimizer, Rng rng, int steps) {
        for (int i = 0; i < steps; i++) {
            Tensor x = rng.randn(DType.F32, 16, 5);
            Tensor y = rng.randint(0, 3, 16);
            optimizer.step(Autograd.gradients(model.forward(x).dropout(0.2, rng).crossEntropy(y)));
        }
    }

    @Test
    void resumedTrainingContinuesBitForBit() {
        Path file = folder.resolve("m.safetensors");
        Module straight = model(1);
        Optimizer optimizer = new Adam(straight.parameters(), 1e-2);
        train(straight, optimizer, rng, 5);
        Checkpoint.save(file, straight, optimizer, rng, new Checkpoint.Position(2));
        train(straight, optimizer, rng, 5);

        Module resumed = model(2);
        Optimizer resumedOptimizer = new Adam(resumed.parameters(), 1e-2);
        Rng resumedRng = new Rng(0);
        assertThat(Checkpoint.resume(file, resumed, resumedOptimizer, resumedRng)
                        .epoch())
                .isEqualTo(2);
        train(resumed, resumedOptimizer, resumedRng, 5);
        straight.stateDict()
                .forEach((name, tensor) -> assertThat(
                                resumed.stateDict().get(name).toFloatArray())
                        .as(name)
                        .containsExactly(tensor.toFloatArray()));
    }

    @Test
    void weightsAloneStartAtEpochZero() {
        Path file = folder.resolve("w.safetensors");
        Module saved = model(1);
        Checkpoint.saveWeights(file, saved);
        Module loaded = model(2);
        assertThat(Checkpoint.resume(file, loaded, new Sgd(loaded.parameters(), 0.1), rng)
                        .epoch())
                .isZero();
        assertThat(loaded.stateDict().get("0.weight").toFloatArray())
                .containsExactly(saved.stateDict().get("0.weight").toFloatArray());
    }

    @Test
    void anotherModelsWeightsAreRefused() {
        Path file = folder.resolve("w.safetensors");
        Checkpoint.saveWeights(file, new Linear(2, 2));
        assertThatThrownBy(() -> Checkpoint.loadWeights(file, model(1)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("w.safetensors")
                .hasMessageContaining("missing 0.bias")
                .hasMessageContaining("unexpected bias, weight");
    }

    @Test
    void anotherOptimizersStateIsRefused() {
        Path file = folder.resolve("m.safetensors");
        Module model = model(1);
        Checkpoint.save(file, model, new Adam(model.parameters(), 0.1), rng, new Checkpoint.Position(1));
        assertThatThrownBy(() -> Checkpoint.resume(file, model, new Sgd(model.parameters(), 0.1), rng))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("Adam")
                .hasMessageContaining("Sgd");
    }

    @Test
    void truncatedFileChangesNothing() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Checkpoint.saveWeights(file, model(1));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 7));
        Module model = model(2);
        float[] before = model.stateDict().get("0.weight").toFloatArray();
        assertThatThrownBy(() -> Checkpoint.loadWeights(file, model)).isInstanceOf(CheckpointException.class);
        assertThat(model.stateDict().get("0.weight").toFloatArray()).containsExactly(before);
    }

    @Test
    void failedWriteLeavesTheOldFile() throws IOException {
        Path file = folder.resolve("missing").resolve("w.safetensors");
        assertThatThrownBy(() -> Checkpoint.saveWeights(file, model(1))).hasMessageContaining("w.safetensors");
        Path old = folder.resolve("old.safetensors");
        Files.writeString(old, "old", StandardCharsets.UTF_8);
        Checkpoint.saveWeights(old, model(1));
        assertThat(Files.size(old)).isGreaterThan(100);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).containsExactly("old.safetensors");
        }
    }
}
