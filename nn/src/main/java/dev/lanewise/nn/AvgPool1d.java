package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.conv.PoolingWindow;

/** The mean of every window of signals {@code [n, c, l]}. */
public final class AvgPool1d extends Layer {
    private final Window window;
    private final PoolingWindow pool;
    private final boolean countIncludePad;

    /** A window whose stride is its size. */
    public AvgPool1d(int kernel) {
        this(Window.of(kernel));
    }

    /** A window; the padding is at most half of it, and counts as zeros. */
    public AvgPool1d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /** Any window; padding counts as zeros. */
    public AvgPool1d(Window window) {
        this(window, true);
    }

    /**
     * Any window.
     *
     * @param countIncludePad whether padding counts as zeros rather than not at all
     */
    public AvgPool1d(Window window, boolean countIncludePad) {
        this.window = window.forPooling("avg_pool1d", 1);
        this.countIncludePad = countIncludePad;
        pool = window.pool1d();
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 3) {
            throw new TensorException("avg_pool1d: input " + x.spec() + " (expected [n, c, l]); reshape it?");
        }
        return x.unsqueeze(2).avgPool2d(pool, countIncludePad).squeeze(2);
    }

    @Override
    protected String attributes() {
        return window.attributes(false);
    }
}
