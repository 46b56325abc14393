package dev.lanewise.nn;

import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights in safetensors files, which hold exactly what PyTorch's {@code state_dict} of the same model does, so they go
 * both ways. Files are written beside and moved, never half-written. What a training needs besides to go on is {@link
 * dev.lanewise.nn.train.TrainingState}'s matter.
 */
public final class Checkpoint {
    private Checkpoint() {}

    /** Writes a model's weights. */
    public static void saveWeights(Path file, Module model) {
        Map<String, TensorData> data = new LinkedHashMap<>();
        model.stateDict().forEach((name, tensor) -> data.put(name, TensorData.of(tensor)));
        Safetensors.write(file, data);
    }

    /**
     * Reads a model's weights.
     *
     * @throws CheckpointException if the file is damaged or of another model; then nothing is changed
     */
    public static void loadWeights(Path file, Module model) {
        try (SafetensorsFile weights = Safetensors.open(file);
                var ignored = Scope.open("load")) {
            load(weights, model);
        }
    }

    private static void load(SafetensorsFile weights, Module model) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        for (String name : weights.names()) {
            state.put(name, weights.entry(name).toTensor());
        }
        List<String> problems = StateMismatch.problems(model.stateDict(), state);
        if (!problems.isEmpty()) {
            throw new CheckpointException(
                    weights.file(),
                    "weights that don't fit " + model.getClass().getSimpleName() + ": " + String.join("; ", problems),
                    "the tensors of this model's state",
                    "give the file of the same model");
        }
        model.loadStateDict(state);
    }
}
