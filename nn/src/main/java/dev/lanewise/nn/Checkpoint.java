package dev.lanewise.nn;

import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Weights and training state in safetensors files. The weights' file holds exactly what PyTorch's {@code state_dict} of
 * the same model does, so it goes both ways; the training state (optimizer, random stream, position) is in a second file
 * beside it, whose name ends in {@value #STATE_SUFFIX}. Files are written beside and moved, never half-written.
 */
public final class Checkpoint {
    /** Ends the name of the training state's file. */
    public static final String STATE_SUFFIX = ".training";

    private static final String ID = "lanewise.checkpoint";

    private Checkpoint() {}

    /**
     * Where training stood.
     *
     * @param epoch how many epochs were finished
     */
    public record Position(int epoch) {}

    /** Writes a model's weights. */
    public static void saveWeights(Path file, Module model) {
        saveWeights(file, model, Map.of());
    }

    private static void saveWeights(Path file, Module model, Map<String, String> metadata) {
        Safetensors.write(file, data(model.stateDict()), metadata);
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

    /** Writes weights and training state, so that {@link #resume} goes on where training stood. */
    public static void save(Path file, Module model, Optimizer optimizer, Rng rng, Position position) {
        String id = model.getClass().getSimpleName() + "/" + position.epoch() + "/" + optimizer.steps() + "/"
                + rng.seed() + "/" + rng.counter();
        Map<String, String> state = new LinkedHashMap<>();
        state.put(ID, id);
        state.put("optimizer", optimizer.getClass().getSimpleName());
        state.put("steps", Long.toString(optimizer.steps()));
        state.put("epoch", Integer.toString(position.epoch()));
        state.put("rng.seed", Long.toString(rng.seed()));
        state.put("rng.counter", Long.toString(rng.counter()));
        Safetensors.write(stateFile(file), data(optimizer.stateDict()), state);
        saveWeights(file, model, Map.of(ID, id));
    }

    /**
     * Reads weights and training state.
     *
     * @return where training stood; epoch 0 if there is only a file of weights
     * @throws CheckpointException if a file is damaged or of another model or optimizer
     */
    public static Position resume(Path file, Module model, Optimizer optimizer, Rng rng) {
        try (SafetensorsFile weights = Safetensors.open(file);
                var ignored = Scope.open("resume")) {
            load(weights, model);
            Path stateFile = stateFile(file);
            return Files.exists(stateFile)
                    ? resume(weights.metadata().get(ID), stateFile, optimizer, rng)
                    : new Position(0);
        }
    }

    private static Position resume(@Nullable String id, Path stateFile, Optimizer optimizer, Rng rng) {
        try (SafetensorsFile state = Safetensors.open(stateFile)) {
            Map<String, String> metadata = state.metadata();
            String kind = optimizer.getClass().getSimpleName();
            if (id == null || !id.equals(metadata.get(ID)) || !kind.equals(metadata.get("optimizer"))) {
                throw new CheckpointException(
                        stateFile,
                        "the state of " + metadata.get("optimizer") + " at " + metadata.get(ID),
                        "the state of " + kind + " at " + id,
                        "train with the same optimizer, or delete this file to start from the weights alone");
            }
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : state.names()) {
                tensors.put(name, state.entry(name).toTensor());
            }
            optimizer.loadStateDict(tensors, number(stateFile, metadata, "steps"));
            rng.seek(number(stateFile, metadata, "rng.seed"), number(stateFile, metadata, "rng.counter"));
            return new Position(Math.toIntExact(number(stateFile, metadata, "epoch")));
        } catch (TensorException e) {
            throw new CheckpointException(
                    stateFile,
                    Objects.toString(e.getMessage()),
                    "the optimizer's state",
                    "resume with the same model and optimizer",
                    e);
        }
    }

    private static long number(Path file, Map<String, String> metadata, String name) {
        try {
            return Long.parseLong(metadata.getOrDefault(name, "nothing"));
        } catch (NumberFormatException e) {
            throw new CheckpointException(
                    file, "'" + metadata.get(name) + "' for " + name, "a number", "save the checkpoint again", e);
        }
    }

    private static Path stateFile(Path file) {
        return file.resolveSibling(file.getFileName() + STATE_SUFFIX);
    }

    private static Map<String, TensorData> data(Map<String, Tensor> tensors) {
        Map<String, TensorData> data = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> data.put(name, TensorData.of(tensor)));
        return data;
    }
}
