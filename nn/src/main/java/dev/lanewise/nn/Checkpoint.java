package dev.lanewise.nn;

import dev.lanewise.nn.internal.StateLoader;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Loaded;
import dev.lanewise.nn.io.Loading;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Weights in safetensors files, which hold exactly what PyTorch's {@code state_dict} of the same model holds, so they
 * can be exchanged in both directions. A file is written under another name and then moved, so it is never
 * half-written. What is needed beyond the weights to resume training is saved by
 * {@link dev.lanewise.nn.train.TrainingState}.
 */
public final class Checkpoint {
    private Checkpoint() {}

    /**
     * Writes a model's weights, without a second copy of them in memory.
     *
     * @param file where to write them; an existing file is replaced once the new one is complete
     * @param model the model
     * @throws BadFileException if the file cannot be written
     */
    public static void saveWeights(Path file, Layer model) {
        Safetensors.writeTensors(file, model.stateDict(), Map.of());
    }

    /**
     * Reads a model's weights, straight into its parameters, without a second copy of the file in memory.
     *
     * @param file a safetensors file
     * @param model the model
     * @throws CheckpointException if the file is damaged or belongs to another model; then nothing is changed
     */
    public static void loadWeights(Path file, Layer model) {
        loadWeights(file, model, Loading.exact());
    }

    /**
     * Reads weights from a file whose names may differ from the model's, and which may hold more or fewer tensors.
     *
     * @param file a safetensors file
     * @param model the model
     * @param loading how its names map to the model's, and whether all must match
     * @return which tensors matched and which did not
     * @throws CheckpointException if the file is damaged, or all must match and some don't; then nothing is changed
     */
    public static Loaded loadWeights(Path file, Layer model, Loading loading) {
        try (SafetensorsFile weights = Safetensors.open(file)) {
            return StateLoader.load(
                    model,
                    new InFile(weights),
                    loading,
                    problems -> new CheckpointException(
                            file,
                            "weights that don't fit " + model.getClass().getSimpleName() + ": " + problems,
                            "the tensors of this model's state",
                            "give the file of the same model, or a Loading that says how its names differ"));
        }
    }

    private record InFile(SafetensorsFile file) implements StateLoader.Source {
        @Override
        public Set<String> names() {
            return file.names();
        }

        @Override
        public Shape shape(String name) {
            return file.entry(name).shape();
        }

        @Override
        public void read(String name, Tensor target) {
            file.copyTo(name, target);
        }
    }
}
