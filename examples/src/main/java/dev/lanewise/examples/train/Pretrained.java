package dev.lanewise.examples.train;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Initial weights, such as torchvision's, by name. */
final class Pretrained {
    private static final int SHOWN = 8;

    private Pretrained() {}

    /**
     * Loads every tensor of a model from a file; those of the last layer are kept if the file's have another shape,
     * since they distinguish other classes. Counters of batches may be missing.
     *
     * @param head how the names of the last layer's parameters begin; empty if all must fit
     * @return the names of those that were kept
     * @throws CheckpointException if others are missing or have another shape; then nothing is changed
     */
    static List<String> load(Path file, Layer model, String head) {
        try (SafetensorsFile weights = Safetensors.open(file);
                var ignored = Scope.open("load")) {
            Map<String, Tensor> state = new LinkedHashMap<>();
            List<String> kept = new ArrayList<>();
            List<String> problems = new ArrayList<>();
            model.stateDict().forEach((name, own) -> {
                boolean fits =
                        weights.contains(name) && weights.entry(name).shape().equals(own.shape());
                if (fits) {
                    state.put(name, weights.entry(name).toTensor());
                } else if (name.endsWith("num_batches_tracked") || (!head.isEmpty() && name.startsWith(head))) {
                    state.put(name, own);
                    kept.add(name);
                } else {
                    problems.add(name
                            + (weights.contains(name)
                                    ? " is " + weights.entry(name).shape()
                                    : " is missing") + " (expected " + own.shape() + ")");
                }
            });
            if (!problems.isEmpty()) {
                int more = problems.size() - SHOWN;
                throw new CheckpointException(
                        file,
                        "weights that don't fit: "
                                + String.join("; ", problems.subList(0, Math.min(SHOWN, problems.size())))
                                + (more > 0 ? " and " + more + " more" : ""),
                        "the tensors of this model's state",
                        "give a file of the same model");
            }
            model.loadStateDict(state);
            return kept;
        }
    }

    /** Freezes all parameters except those of the last layer. */
    static void freezeAllBut(String head, Layer model) {
        model.namedParameters().forEach((name, parameter) -> parameter.freeze(!name.startsWith(head)));
    }
}
