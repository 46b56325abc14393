package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.spatial.Axis;
import dev.lanewise.tensor.internal.spatial.Resampling;
import dev.lanewise.tensor.spi.Windows;

/** Resampling of images {@code [n, c, h, w]} in a {@link Tensor}, and their windows as columns. */
public sealed interface ImageMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the image, resized by repeating or dropping the nearest elements: {@code [n, c, h, w]}}
     *
     * @param h the height of the result
     * @param w the width of the result
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor interpolateNearest(long h, long w) {
        Resampling.checkImage(self(), "interpolate_nearest", h, w);
        return self().indexSelect(2, Resampling.nearest(self().shape().size(2), h, self().device()))
                .indexSelect(3, Resampling.nearest(self().shape().size(3), w, self().device()));
    }

    /**
     * {@return the image, resized by interpolating linearly between the four neighbours: {@code [n, c, h, w]}}
     *
     * @param h the height of the result
     * @param w the width of the result
     * @param alignCorners whether the corners' centres, rather than their outer edges, stay where they are
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor interpolateBilinear(long h, long w, boolean alignCorners) {
        Resampling.checkImage(self(), "interpolate_bilinear", h, w);
        Tensor columns = Resampling.linear(Resampling.wide(self()), 3, w, alignCorners);
        return Resampling.linear(columns, 2, h, alignCorners).to(self().dtype());
    }

    /**
     * {@return the windows of these images {@code [n, c, h, w]} as columns, {@code [n, c r s, places]}, places row by row:
     * PyTorch's {@code F.unfold}} {@link #fold} is the reverse, but for sums where windows overlap.
     *
     * @param window its size {@code [r, s]}, stride (1 unless it says otherwise), padding and dilation
     * @throws TensorException if the tensor is not {@code [n, c, h, w]}, or the window does not fit it
     */
    default Tensor unfold(Window window) {
        Windows.convolution("unfold", window, 2, false);
        if (self().shape().rank() != 4) {
            throw new TensorException("unfold: input " + self().spec() + " (expected [n, c, h, w]); reshape it?");
        }
        Axis rows = Axis.of(window, 0, 1);
        Axis columns = Axis.of(window, 1, 1);
        // [n, c, h, w] -> [n, c, oh, r, w] -> [n, c, oh, r, ow, s]
        Tensor windows = columns.windows(rows.windows(self(), 2, "unfold"), 4, "unfold");
        return windows.permute(0, 1, 3, 5, 2, 4)
                .reshape(
                        self().shape().size(0),
                        self().shape().size(1) * rows.kernel() * columns.kernel(),
                        windows.shape().size(2) * windows.shape().size(4));
    }

    /**
     * {@return the images {@code [n, c, h, w]} whose windows these columns {@code [n, c r s, places]} are, as {@link #unfold}
     * gives them, with sums where windows overlap: PyTorch's {@code F.fold}}
     *
     * @param h the height of the images
     * @param w the width of the images
     * @param window its size {@code [r, s]}, stride (1 unless it says otherwise), padding and dilation
     * @throws TensorException if the tensor is not of these images' windows
     */
    default Tensor fold(long h, long w, Window window) {
        Windows.convolution("fold", window, 2, false);
        Axis rows = Axis.of(window, 0, 1);
        Axis columns = Axis.of(window, 1, 1);
        long oh = rows.places(h, "fold");
        long ow = columns.places(w, "fold");
        long size = (long) rows.kernel() * columns.kernel();
        Shape x = self().shape();
        if (x.rank() != 3 || x.size(1) % size != 0 || x.size(2) != oh * ow) {
            throw new TensorException("fold: input " + self().spec() + " (expected [n, a multiple of " + size + ", "
                    + oh * ow + "] for images [" + h + ", " + w + "]); check the window");
        }
        Tensor windows = self().reshape(x.size(0), x.size(1) / size, rows.kernel(), columns.kernel(), oh, ow)
                .permute(0, 1, 4, 2, 5, 3);
        return rows.overlapped(columns.overlapped(windows, 4, w), 2, h);
    }
}
