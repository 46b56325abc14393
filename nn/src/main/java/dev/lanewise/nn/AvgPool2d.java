package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Pool2d;

/** The mean of every window of {@code [n, c, h, w]}; padding counts as zeros. */
public final class AvgPool2d extends Module {
    private final Pool2d pool;

    /** A square window whose stride is its size. */
    public AvgPool2d(int kernel) {
        this(new Pool2d(kernel));
    }

    /** Any window. */
    public AvgPool2d(Pool2d pool) {
        this.pool = pool;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.avgPool2d(pool, true);
    }
}
