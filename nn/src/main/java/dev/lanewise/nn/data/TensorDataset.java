package dev.lanewise.nn.data;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Samples that are in memory: the slices of two tensors along their first dimension.
 *
 * @param x the inputs, {@code [n, ...]}
 * @param y the targets, {@code [n, ...]}
 */
public record TensorDataset(Tensor x, Tensor y) implements Dataset {
    /**
     * Takes both tensors out of their scopes.
     *
     * @throws TensorException if the first sizes differ
     */
    public TensorDataset {
        if (x.shape().rank() == 0
                || y.shape().rank() == 0
                || x.shape().size(0) != y.shape().size(0)) {
            throw new TensorException("dataset: inputs " + x.spec() + " and targets " + y.spec()
                    + " differ in their first size; give one target per sample");
        }
        x.keep();
        y.keep();
    }

    @Override
    public long size() {
        return x.shape().size(0);
    }

    @Override
    public Batch batch(long[] indices) {
        try (Scope scope = Scope.open("batch")) {
            Tensor index = Tensor.of(indices, indices.length).to(x.device());
            return new Batch(scope.keep(x.indexSelect(0, index)), scope.keep(y.indexSelect(0, index)));
        }
    }
}
