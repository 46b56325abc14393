package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Pool2d;

/** The mean of every window of {@code [n, c, h, w]}. */
public final class AvgPool2d extends Module {
    private final Pool2d pool;
    private final boolean countIncludePad;

    /** A square window whose stride is its size. */
    public AvgPool2d(int kernel) {
        this(new Pool2d(kernel));
    }

    /** A square window; padding counts as zeros. */
    public AvgPool2d(int kernel, int stride, int padding) {
        this(new Pool2d(kernel, kernel, stride, stride, padding, padding, false));
    }

    /** Any window; padding counts as zeros. */
    public AvgPool2d(Pool2d pool) {
        this(pool, true);
    }

    /**
     * Any window.
     *
     * @param countIncludePad whether padding counts as zeros rather than not at all
     */
    public AvgPool2d(Pool2d pool, boolean countIncludePad) {
        this.pool = pool;
        this.countIncludePad = countIncludePad;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.avgPool2d(pool, countIncludePad);
    }

    @Override
    protected String attributes() {
        return "kernel=" + pool.kernelH() + ", stride=" + pool.strideH() + ", padding=" + pool.paddingH();
    }
}
