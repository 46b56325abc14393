package dev.lanewise.nn.optim;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A saved state that fits an optimizer.
 *
 * @param tensors by kind of state and the parameters' indices
 * @param counts in how many steps each parameter took part
 */
record SavedState(Map<String, Map<Integer, Tensor>> tensors, long[] counts) {
    private record Place(String kind, int index) {}

    /**
     * Checks a state.
     *
     * @throws TensorException if it does not fit, naming what does not
     */
    static SavedState of(Optimizer optimizer, Map<String, Tensor> saved, long stepsBefore) {
        long[] counts = new long[optimizer.parameters().size()];
        Map<String, Map<Integer, Tensor>> tensors = new LinkedHashMap<>();
        saved.forEach((name, tensor) -> {
            if (!StepCounts.isCount(name)) {
                Place place = place(optimizer, name, tensor);
                tensors.computeIfAbsent(place.kind, kind -> new LinkedHashMap<>())
                        .put(place.index, tensor);
                counts[place.index] = stepsBefore;
            }
        });
        saved.forEach((name, tensor) -> {
            if (StepCounts.isCount(name)) {
                int index = parseIndex(name.substring(name.indexOf('.') + 1));
                if (index < 0 || index >= counts.length) {
                    throw unexpected(optimizer, name);
                }
                counts[index] = StepCounts.read(name, tensor, stepsBefore);
            }
        });
        return new SavedState(tensors, counts);
    }

    /** The place where a saved tensor belongs. */
    private static Place place(Optimizer optimizer, String name, Tensor tensor) {
        int point = name.lastIndexOf('.');
        String kind = point < 0 ? "" : name.substring(0, point);
        int index = optimizer.state().containsKey(kind) ? parseIndex(name.substring(point + 1)) : -1;
        if (index < 0 || index >= optimizer.parameters().size()) {
            throw unexpected(optimizer, name);
        }
        Tensor like = optimizer.parameters().get(index).leaf();
        if (!tensor.shape().equals(optimizer.stateShape(kind, like.shape()))) {
            throw new TensorException("optimizer: state '" + name + "' is " + tensor.spec() + " for a parameter "
                    + like.spec() + "; was it saved with another model?");
        }
        return new Place(kind, index);
    }

    private static TensorException unexpected(Optimizer optimizer, String name) {
        return new TensorException("optimizer: unexpected state '" + name + "' for "
                + optimizer.getClass().getSimpleName() + "; was it saved by another optimizer?");
    }

    private static int parseIndex(String text) {
        return text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    }
}
