package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;

/** The mean of every window of signals {@code [n, c, l]}; padding counts as zeros. */
public final class AvgPool1d extends Module {
    private final int kernel;
    private final int stride;
    private final int padding;

    /** A window whose stride is its size. */
    public AvgPool1d(int kernel) {
        this(kernel, kernel, 0);
    }

    /** A window; the padding is at most half of it. */
    public AvgPool1d(int kernel, int stride, int padding) {
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.avgPool1d(kernel, stride, padding);
    }

    @Override
    protected String attributes() {
        return "kernel=" + kernel + ", stride=" + stride + ", padding=" + padding;
    }
}
