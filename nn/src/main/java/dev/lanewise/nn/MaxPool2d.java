package dev.lanewise.nn;

import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;

/** The largest element of every window of {@code [n, c, h, w]}. */
public final class MaxPool2d extends Layer {
    private final Window window;

    /**
     * A square window whose stride is its size.
     *
     * @param kernel the size of the window in every direction
     */
    public MaxPool2d(int kernel) {
        this(Window.of(kernel));
    }

    /**
     * A square window; the padding is at most half of it.
     *
     * @param kernel the size of the window in every direction
     * @param stride the distance between neighbouring positions of the window
     * @param padding how much is added on each side
     */
    public MaxPool2d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /**
     * A layer with a window of any size, stride and padding.
     *
     * @param window its size, stride and padding
     */
    public MaxPool2d(Window window) {
        this.window = Windows.pooling("max_pool2d", window, 2);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.maxPool2d(window);
    }

    @Override
    protected String attributes() {
        return Kernels.attributes(window, false);
    }
}
