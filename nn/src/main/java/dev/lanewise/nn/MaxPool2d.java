package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Pool2d;

/** The largest element of every window of {@code [n, c, h, w]}. */
public final class MaxPool2d extends Module {
    private final Pool2d pool;

    /** A square window whose stride is its size. */
    public MaxPool2d(int kernel) {
        this(new Pool2d(kernel));
    }

    /** A square window. */
    public MaxPool2d(int kernel, int stride, int padding) {
        this(new Pool2d(kernel, kernel, stride, stride, padding, padding, false));
    }

    /** Any window. */
    public MaxPool2d(Pool2d pool) {
        this.pool = pool;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.maxPool2d(pool);
    }

    @Override
    protected String attributes() {
        return "kernel=" + pool.kernelH() + ", stride=" + pool.strideH() + ", padding=" + pool.paddingH();
    }
}
