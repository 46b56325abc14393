package dev.lanewise.examples.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.BatchNorm1d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights of a network that told other classes apart. */
final class PretrainedTest {
    private static final String HEAD = "2.";

    @TempDir
    private Path folder;

    private static Layer network(long seed, int classes) {
        Rng rng = new Rng(seed);
        return new Sequential(new Linear(3, 4, rng), new BatchNorm1d(4), new Linear(4, classes, rng));
    }

    private Path saved(Layer network, String... without) {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        network.stateDict().forEach((name, tensor) -> tensors.put(name, TensorData.of(tensor)));
        for (String name : without) {
            tensors.remove(name);
        }
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, tensors);
        return file;
    }

    private static float[] values(Layer network, String name) {
        Tensor tensor = network.stateDict().get(name);
        return tensor == null ? new float[0] : tensor.toFloatArray();
    }

    @Test
    void aHeadOfOtherClassesIsDrawnAnewAndTheRestIsLoaded() {
        Layer trained = network(1, 1000);
        Layer network = network(2, 5);
        float[] head = values(network, "2.weight");
        assertThat(Pretrained.load(saved(trained, "1.num_batches_tracked"), network, HEAD))
                .containsExactly("1.num_batches_tracked", "2.weight", "2.bias");
        assertThat(values(network, "0.weight")).containsExactly(values(trained, "0.weight"));
        assertThat(values(network, "2.weight")).containsExactly(head);
    }

    @Test
    void aHeadOfAsManyClassesIsLoadedToo() {
        Layer trained = network(1, 5);
        Layer network = network(2, 5);
        assertThat(Pretrained.load(saved(trained), network, HEAD)).isEmpty();
        assertThat(values(network, "2.weight")).containsExactly(values(trained, "2.weight"));
    }

    @Test
    void anythingElseThatDoesNotFitIsListedAndNothingIsChanged() {
        Layer network = network(2, 5);
        float[] before = values(network, "0.bias");
        Path file = saved(network(1, 5), "0.weight", "1.running_mean");
        assertThatThrownBy(() -> Pretrained.load(file, network, HEAD))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "0.weight is missing (expected [4, 3]); 1.running_mean is missing (expected [4])");
        assertThat(values(network, "0.bias")).containsExactly(before);
    }

    @Test
    void allButTheHeadCanBeFrozen() {
        Layer network = network(1, 5);
        Pretrained.freezeAllBut(HEAD, network);
        network.namedParameters()
                .forEach((name, parameter) ->
                        assertThat(parameter.isFrozen()).as(name).isEqualTo(!name.startsWith(HEAD)));
    }
}
