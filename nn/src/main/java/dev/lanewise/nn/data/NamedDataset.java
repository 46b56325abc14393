package dev.lanewise.nn.data;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Samples of several tensors that are in memory: the slices of all of them along their first dimension.
 *
 * @param x the inputs, {@code [n, ...]}
 * @param y the targets, {@code [n, ...]}
 * @param more further inputs and targets by name, {@code [n, ...]} each
 */
public record NamedDataset(Tensor x, Tensor y, Map<String, Tensor> more) implements Dataset {
    /**
     * Takes all tensors out of their scopes.
     *
     * @throws TensorException if first sizes differ
     */
    public NamedDataset {
        Objects.requireNonNull(x, "x");
        Objects.requireNonNull(y, "y");
        more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
        new Batch(x, y, more).tensors().forEach(tensor -> {
            if (tensor.shape().rank() == 0
                    || x.shape().rank() == 0
                    || tensor.shape().size(0) != x.shape().size(0)) {
                throw new TensorException("dataset: " + tensor.spec() + " beside inputs " + x.spec()
                        + " (expected the same first size everywhere); give one of each per sample");
            }
            tensor.keep();
        });
    }

    @Override
    public long size() {
        return x.shape().size(0);
    }

    @Override
    public Batch batch(long[] indices) {
        try (Scope scope = Scope.open("batch")) {
            Tensor index = Tensor.of(indices, indices.length).to(x.device());
            Batch batch = new Batch(x, y, more).map(tensor -> tensor.indexSelect(0, index));
            scope.keepAll(batch.tensors());
            return batch;
        }
    }
}
