package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;

/** The mean of every window: {@code [n, c, d, h, w] -> [n, c, od, oh, ow]}. */
public final class AvgPool3d extends Layer {
    private final Window window;
    private final boolean countIncludePad;

    /**
     * A pooling layer with a window whose stride is its size.
     *
     * @param kernel the size of the window in every direction
     * @throws TensorException if the kernel is not at least 1
     */
    public AvgPool3d(int kernel) {
        this(Window.of(kernel), true);
    }

    /**
     * A cubic window; the padding is at most half of it, and counts as zeros.
     *
     * @param kernel the size of the window in every direction
     * @param stride the distance between neighbouring positions of the window
     * @param padding how much is added on each side
     * @throws TensorException if kernel or stride is not at least 1, or the padding is negative or more than half the
     *     kernel
     */
    public AvgPool3d(int kernel, int stride, int padding) {
        this(Window.of(kernel).stride(stride).padding(padding));
    }

    /**
     * A layer with a window of any size, stride and padding, where padding counts as zeros.
     *
     * @param window its size, stride and padding
     * @throws TensorException if the window is not one of three dimensions, or its padding is more than half its kernel
     */
    public AvgPool3d(Window window) {
        this(window, true);
    }

    /**
     * Any window; the padding is at most half of it.
     *
     * @param window its size, stride and padding
     * @param countIncludePad whether padding counts as zeros rather than not at all
     * @throws TensorException if the window is not one of three dimensions, or its padding is more than half its kernel
     */
    public AvgPool3d(Window window, boolean countIncludePad) {
        this.window = Windows.pooling("avg_pool3d", window, 3);
        this.countIncludePad = countIncludePad;
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.avgPool3d(window, countIncludePad);
    }

    @Override
    protected String attributes() {
        return Kernels.attributes(window, false);
    }
}
