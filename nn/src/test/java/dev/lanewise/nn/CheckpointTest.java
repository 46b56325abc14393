package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.tensor.Rng;
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

    private static Layer model(long seed) {
        Rng rng = new Rng(seed);
        return new Sequential(new Linear(5, 8, rng), new ReLU(), new Linear(8, 3, rng));
    }

    @Test
    void savedWeightsAreLoadedBitForBit() {
        Path file = folder.resolve("w.safetensors");
        Layer saved = model(1);
        Checkpoint.saveWeights(file, saved);
        Layer loaded = model(2);
        Checkpoint.loadWeights(file, loaded);
        saved.stateDict()
                .forEach((name, tensor) -> assertThat(
                                loaded.stateDict().get(name).toFloatArray())
                        .as(name)
                        .containsExactly(tensor.toFloatArray()));
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
    void truncatedFileChangesNothing() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Checkpoint.saveWeights(file, model(1));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 7));
        Layer model = model(2);
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
