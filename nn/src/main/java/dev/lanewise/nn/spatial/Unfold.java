package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;

/**
 * The windows of images as columns: {@code [n, c, h, w] -> [n, c r s, places]}, places row by row. {@link Fold} is the reverse,
 * but for sums where windows overlap.
 */
public final class Unfold extends Layer {
    private final Window window;

    /**
     * A layer that takes the patches that a window sees out of images.
     *
     * @param window its size {@code [r, s]}, stride (1 unless it says otherwise), padding and dilation
     * @throws TensorException if the window is not one of two dimensions
     */
    public Unfold(Window window) {
        this.window = Windows.convolution("unfold", window, 2, false);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.unfold(window);
    }

    @Override
    protected String attributes() {
        return Kernels.attributes(window, true);
    }
}
