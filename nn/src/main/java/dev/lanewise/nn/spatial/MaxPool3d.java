package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;

/** The largest element of every window: {@code [n, c, d, h, w] -> [n, c, od, oh, ow]}; NaN if the window holds one. */
public final class MaxPool3d extends Layer {
    private final Window window;

    /**
     * A pooling layer with a window whose stride is its size.
     *
     * @param kernel the size of the window in every direction
     * @throws TensorException if the kernel is not at least 1
     */
    public MaxPool3d(int kernel) {
        this(Window.of(kernel));
    }

    /**
     * A cubic window; the padding is at most half of it.
     *
     * @param kernel the size of the window in every direction
     * @param stride the distance between neighbouring positions of the window
     * @param padding how much is added on each side
     * @throws TensorException if kernel or stride is not at least 1, or the padding is negative or more than half the
     *     kernel
     */
    public MaxPool3d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /**
     * A layer with a window of any size, stride, padding and dilation; the padding is at most half its kernel.
     *
     * @param window its size, stride, padding and dilation
     * @throws TensorException if the window is not one of three dimensions, or its padding is more than half its kernel
     */
    public MaxPool3d(Window window) {
        this.window = Windows.maxPooling("max_pool3d", window, 3);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.maxPool3d(window);
    }

    @Override
    protected String attributes() {
        return Kernels.attributes(window, false);
    }
}
