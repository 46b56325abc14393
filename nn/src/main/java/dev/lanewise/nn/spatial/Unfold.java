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
        if (x.shape().rank() != 4) {
            throw new TensorException("unfold: input " + x.spec() + " (expected [n, c, h, w]); reshape it?");
        }
        Axis rows = Axis.of(window, 0, 1);
        Axis columns = Axis.of(window, 1, 1);
        // [n, c, oh, r, w] -> [n, c, oh, r, ow, s]
        Tensor windows = columns.windows(rows.windows(x, 2, "unfold"), 4, "unfold");
        return windows.permute(0, 1, 3, 5, 2, 4)
                .reshape(
                        x.shape().size(0),
                        x.shape().size(1) * rows.kernel() * columns.kernel(),
                        windows.shape().size(2) * windows.shape().size(4));
    }

    @Override
    protected String attributes() {
        return Kernels.attributes(window, true);
    }
}
