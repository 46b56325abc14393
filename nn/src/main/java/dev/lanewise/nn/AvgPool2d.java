package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.PoolingWindow;

/** The mean of every window of {@code [n, c, h, w]}. */
public final class AvgPool2d extends Layer {
    private final Window window;
    private final PoolingWindow pool;
    private final boolean countIncludePad;

    /** A square window whose stride is its size. */
    public AvgPool2d(int kernel) {
        this(Window.of(kernel));
    }

    /** A square window; the padding is at most half of it, and counts as zeros. */
    public AvgPool2d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /** Any window; padding counts as zeros. */
    public AvgPool2d(Window window) {
        this(window, true);
    }

    /**
     * Any window.
     *
     * @param countIncludePad whether padding counts as zeros rather than not at all
     */
    public AvgPool2d(Window window, boolean countIncludePad) {
        this.window = window.forPooling("avg_pool2d", 2);
        this.countIncludePad = countIncludePad;
        pool = window.pool2d();
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.avgPool2d(pool, countIncludePad);
    }

    @Override
    protected String attributes() {
        return window.attributes(false);
    }
}
