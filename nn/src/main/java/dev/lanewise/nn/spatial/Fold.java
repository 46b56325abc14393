package dev.lanewise.nn.spatial;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.internal.Kernels;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;

/** Images from columns of windows, as {@link Unfold} gives them: {@code [n, c r s, places] -> [n, c, h, w]}, overlaps added. */
public final class Fold extends Layer {
    private final long h;
    private final long w;
    private final Window window;

    /**
     * A layer that puts patches together to images of one size.
     *
     * @param h the height of the images
     * @param w the width of the images
     * @param window its size {@code [r, s]}, stride (1 unless it says otherwise), padding and dilation
     * @throws TensorException if the window is not one of two dimensions, or a size is negative
     */
    public Fold(long h, long w, Window window) {
        this.h = h;
        this.w = w;
        this.window = Windows.convolution("fold", window, 2, false);
    }

    @Override
    protected Tensor compute(Tensor x) {
        return x.fold(h, w, window);
    }

    @Override
    protected String attributes() {
        return h + " x " + w + ", " + Kernels.attributes(window, true);
    }
}
