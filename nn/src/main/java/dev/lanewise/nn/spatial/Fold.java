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
        Axis rows = Axis.of(window, 0, 1);
        Axis columns = Axis.of(window, 1, 1);
        long oh = rows.places(h, "fold");
        long ow = columns.places(w, "fold");
        long size = (long) rows.kernel() * columns.kernel();
        if (x.shape().rank() != 3 || x.shape().size(1) % size != 0 || x.shape().size(2) != oh * ow) {
            throw new TensorException("fold: input " + x.spec() + " (expected [n, a multiple of " + size + ", "
                    + oh * ow + "] for images [" + h + ", " + w + "]); check the window");
        }
        Tensor windows = x.reshape(x.shape().size(0), x.shape().size(1) / size, rows.kernel(), columns.kernel(), oh, ow)
                .permute(0, 1, 4, 2, 5, 3);
        return rows.overlapped(columns.overlapped(windows, 4, w), 2, h);
    }

    @Override
    protected String attributes() {
        return h + " x " + w + ", " + Kernels.attributes(window, true);
    }
}
