package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.conv.PoolingWindow;

/** The largest element of every window of signals {@code [n, c, l]}. */
public final class MaxPool1d extends Layer {
    private final Window window;
    private final PoolingWindow pool;

    /** A window whose stride is its size. */
    public MaxPool1d(int kernel) {
        this(Window.of(kernel));
    }

    /** A window; the padding is at most half of it. */
    public MaxPool1d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /** Any window. */
    public MaxPool1d(Window window) {
        this.window = window.forPooling("max_pool1d", 1);
        pool = window.pool1d();
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 3) {
            throw new TensorException("max_pool1d: input " + x.spec() + " (expected [n, c, l]); reshape it?");
        }
        return x.unsqueeze(2).maxPool2d(pool).squeeze(2);
    }

    @Override
    protected String attributes() {
        return window.attributes(false);
    }
}
