package dev.lanewise.nn;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/** Rows of a table by number: {@code [...]} of {@code I64} to {@code [..., size]}, with {@code weight [rows, size]}. */
public final class Embedding extends Module {
    private final long rows;
    private final long size;
    private final Parameter weight;

    /** Standard normal rows from the global random stream. */
    public Embedding(long rows, long size) {
        this(rows, size, Rng.global());
    }

    /** Standard normal rows. */
    public Embedding(long rows, long size, Rng rng) {
        this.rows = rows;
        this.size = size;
        weight = parameter("weight", Init.normal(rng, 0, 1, rows, size));
    }

    @Override
    protected Tensor compute(Tensor numbers) {
        return weight.tensor().embedding(numbers);
    }

    /** The table, {@code [rows, size]}. */
    public Parameter weight() {
        return weight;
    }

    @Override
    protected String attributes() {
        return rows + ", " + size;
    }
}
