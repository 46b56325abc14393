package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/** The mean of a bag's rows of a table: {@code [n, bag]} of {@code I64} to {@code [n, size]}. */
public final class EmbeddingBag extends Module {
    private final Parameter weight;

    /** Standard normal rows. */
    public EmbeddingBag(long rows, long size, Rng rng) {
        weight = parameter("weight", Init.normal(rng, 0, 1, rows, size));
    }

    @Override
    protected Tensor compute(Tensor numbers) {
        return weight.tensor().embedding(numbers).mean(1);
    }
}
