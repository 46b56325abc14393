package dev.lanewise.nn.data;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Samples that are trained on together: inputs and targets, and where a model takes or is measured by more than those, further
 * tensors by name.
 *
 * @param x the inputs, {@code [n, ...]}
 * @param y the targets, {@code [n, ...]}
 * @param more further inputs and targets by name, {@code [n, ...]} each: a second sequence, a mask, boxes
 */
public record Batch(Tensor x, Tensor y, Map<String, Tensor> more) {
    /** Copies the map, whose order stays. */
    public Batch {
        Objects.requireNonNull(x, "x");
        Objects.requireNonNull(y, "y");
        more = more.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(more));
    }

    /**
     * A batch of inputs and targets alone, without further tensors.
     *
     * @param x the inputs, {@code [n, ...]}
     * @param y the targets, {@code [n, ...]}
     */
    public Batch(Tensor x, Tensor y) {
        this(x, y, Map.of());
    }

    /** {@return the number of samples: the first size of the inputs} */
    public long size() {
        return x.shape().size(0);
    }

    /**
     * {@return one of the further tensors by its name}
     *
     * @param name its name
     * @throws TensorException if there is none of this name
     */
    public Tensor get(String name) {
        Objects.requireNonNull(name, "name");
        Tensor tensor = more.get(name);
        if (tensor == null) {
            throw new TensorException("batch: no '" + name + "' (expected one of " + more.keySet()
                    + "; inputs and targets are x() and y()); does the data set give it?");
        }
        return tensor;
    }

    /**
     * This batch with a function applied to every tensor.
     *
     * @param function makes another tensor of each
     * @return the new batch
     */
    public Batch map(UnaryOperator<Tensor> function) {
        Map<String, Tensor> mapped = new LinkedHashMap<>();
        more.forEach((name, tensor) -> mapped.put(name, function.apply(tensor)));
        return new Batch(function.apply(x), function.apply(y), mapped);
    }

    /** {@return all tensors: inputs, targets, then the others in their order} */
    public List<Tensor> tensors() {
        List<Tensor> all = new ArrayList<>(List.of(x, y));
        all.addAll(more.values());
        return all;
    }

    /**
     * This batch with other tensors under the same names.
     *
     * @param tensors as many as {@link #tensors} gives, in its order
     * @return the new batch
     * @throws TensorException if their number is not that of this batch's tensors
     */
    public Batch withTensors(List<Tensor> tensors) {
        if (tensors.size() != 2 + more.size()) {
            throw new TensorException("batch: " + tensors.size() + " tensors for " + (2 + more.size())
                    + " (expected inputs, targets and " + more.keySet() + "); give all of them");
        }
        Iterator<Tensor> next = tensors.iterator();
        Tensor inputs = next.next();
        Tensor targets = next.next();
        Map<String, Tensor> others = new LinkedHashMap<>();
        more.keySet().forEach(name -> others.put(name, next.next()));
        return new Batch(inputs, targets, others);
    }

    /**
     * This batch with targets that are class numbers, {@code [n, ...]} of type {@link DType#I64}, as vectors
     * {@code [n, ..., classes]} of type {@link DType#F32}: 1 at the class, else 0.
     *
     * @param classes how many classes there are
     * @return a batch with the same inputs
     */
    public Batch withOneHotTargets(long classes) {
        return new Batch(x, y.oneHot(classes).to(DType.F32), more);
    }
}
