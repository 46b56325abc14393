package dev.lanewise.nn;

import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;

/** The largest element of every window of signals {@code [n, c, l]}. */
public final class MaxPool1d extends Layer {
    private final Window window;

    /**
     * A pooling layer with a window whose stride is its size.
     *
     * @param kernel the size of the window in every direction
     * @throws TensorException if the kernel is not at least 1
     */
    public MaxPool1d(int kernel) {
        this(Window.of(kernel));
    }

    /**
     * A pooling layer with a window; the padding is at most half of it.
     *
     * @param kernel the size of the window in every direction
     * @param stride the distance between neighbouring positions of the window
     * @param padding how much is added on each side
     * @throws TensorException if kernel or stride is not at least 1, or the padding is negative or more than half the
     *     kernel
     */
    public MaxPool1d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /**
     * A layer with a window of any size, stride, padding and dilation; the padding is at most half its kernel.
     *
     * @param window its size, stride, padding and dilation
     * @throws TensorException if the window is not one of one dimension, or its padding is more than half its kernel
     */
    public MaxPool1d(Window window) {
        this.window = Windows.maxPooling("max_pool1d", window, 1);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.maxPool1d(window);
    }

    @Override
    protected String attributes() {
        return Kernels.attributes(window, false);
    }
}
