package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.spatial.Axis;
import dev.lanewise.tensor.internal.spatial.Resampling;
import dev.lanewise.tensor.internal.spatial.Volumes;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.spi.Windows;

/**
 * Poolings of a {@link Tensor}: of signals {@code [n, c, l]}, images {@code [n, c, h, w]} and volumes {@code [n, c, d, h, w]}.
 * A window's stride is its size unless it says otherwise. Where the largest elements are taken, padding counts as minus
 * infinity, and the gradient goes to the first of equal elements in row-major order; a dilation above 1 needs memory for
 * as many copies of the input as the window is wide.
 */
public sealed interface PoolingMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /** Signals as images of one row. */
    private Tensor row(String op, Window window) {
        if (self().shape().rank() != 3) {
            throw new TensorException(op + ": input " + self().spec() + " (expected [n, c, l]); reshape it?");
        }
        if (!window.ceilMode()) {
            Axis.of(Windows.pooling(op, window, 1), 0, 1).places(self().shape().size(2), op);
        }
        return self().unsqueeze(2);
    }

    /**
     * {@return the largest element of every window of this {@code [n, c, l]} tensor; NaN if the window holds one}
     *
     * @param window its size, stride, padding and dilation
     * @throws TensorException if the tensor is not {@code [n, c, l]}, or the window does not fit it
     */
    default Tensor maxPool1d(Window window) {
        if (Windows.isDilated(window)) {
            return Axis.largest("max_pool1d", self(), window, 1);
        }
        Tensor row = row("max_pool1d", window);
        return Tensor.applyAll(new MaxPooling2d(Windows.pooling2d("max_pool1d", window, 1)), row)[0].squeeze(2);
    }

    /**
     * {@return the largest element of every window of this {@code [n, c, h, w]} tensor; NaN if the window holds one}
     *
     * @param window its size, stride, padding and dilation
     * @throws TensorException if the tensor is not {@code [n, c, h, w]}, or the window does not fit it
     */
    default Tensor maxPool2d(Window window) {
        return Windows.isDilated(window)
                ? Axis.largest("max_pool2d", self(), window, 2)
                : Tensor.applyAll(new MaxPooling2d(Windows.pooling2d("max_pool2d", window, 2)), self())[0];
    }

    /**
     * {@return the largest element of every window of this {@code [n, c, d, h, w]} tensor; NaN if the window holds one}
     *
     * @param window its size, stride, padding and dilation
     * @throws TensorException if the tensor is not {@code [n, c, d, h, w]}, or the window does not fit it
     */
    default Tensor maxPool3d(Window window) {
        return Windows.isDilated(window)
                ? Axis.largest("max_pool3d", self(), window, 3)
                : Volumes.pooled("max_pool3d", self(), window, Tensor::maxPool2d);
    }

    /**
     * {@return the mean of every window of this {@code [n, c, l]} tensor, where padding counts as zeros}
     *
     * @param window its size, stride and padding
     * @throws TensorException if the tensor is not {@code [n, c, l]}, or the window does not fit it
     */
    default Tensor avgPool1d(Window window) {
        return avgPool1d(window, true);
    }

    /**
     * {@return the mean of every window of this {@code [n, c, l]} tensor}
     *
     * @param window its size, stride and padding
     * @param countIncludePad whether padding counts as zeros rather than not at all
     * @throws TensorException if the tensor is not {@code [n, c, l]}, or the window does not fit it
     */
    default Tensor avgPool1d(Window window, boolean countIncludePad) {
        Tensor row = row("avg_pool1d", window);
        return row.apply(new AveragePooling2d(Windows.pooling2d("avg_pool1d", window, 1), countIncludePad))
                .squeeze(2);
    }

    /**
     * {@return the mean of every window of this {@code [n, c, h, w]} tensor, where padding counts as zeros}
     *
     * @param window its size, stride and padding
     * @throws TensorException if the tensor is not {@code [n, c, h, w]}, or the window does not fit it
     */
    default Tensor avgPool2d(Window window) {
        return avgPool2d(window, true);
    }

    /**
     * {@return the mean of every window of this {@code [n, c, h, w]} tensor}
     *
     * @param window its size, stride and padding
     * @param countIncludePad whether padding counts as zeros rather than not at all
     * @throws TensorException if the tensor is not {@code [n, c, h, w]}, or the window does not fit it
     */
    default Tensor avgPool2d(Window window, boolean countIncludePad) {
        return self().apply(new AveragePooling2d(Windows.pooling2d("avg_pool2d", window, 2), countIncludePad));
    }

    /**
     * {@return the mean of every window of this {@code [n, c, d, h, w]} tensor, where padding counts as zeros}
     *
     * @param window its size, stride and padding
     * @throws TensorException if the tensor is not {@code [n, c, d, h, w]}, or the window does not fit it
     */
    default Tensor avgPool3d(Window window) {
        return avgPool3d(window, true);
    }

    /**
     * {@return the mean of every window of this {@code [n, c, d, h, w]} tensor}
     *
     * @param window its size, stride and padding
     * @param countIncludePad whether padding counts as zeros rather than not at all
     * @throws TensorException if the tensor is not {@code [n, c, d, h, w]}, or the window does not fit it
     */
    default Tensor avgPool3d(Window window, boolean countIncludePad) {
        return Volumes.pooled("avg_pool3d", self(), window, (images, w) -> images.avgPool2d(w, countIncludePad));
    }

    /**
     * {@return the means of windows that divide the image into {@code h} by {@code w} parts; windows overlap where the
     * sizes don't divide evenly}
     *
     * @param h the height of the result
     * @param w the width of the result
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor adaptiveAvgPool2d(long h, long w) {
        Resampling.checkImage(self(), "adaptive_avg_pool2d", h, w);
        long height = self().shape().size(2);
        long width = self().shape().size(3);
        if (height % h == 0 && width % w == 0) {
            int kernelH = Math.toIntExact(height / h);
            int kernelW = Math.toIntExact(width / w);
            return self().avgPool2d(Window.of(kernelH, kernelW), true);
        }
        return Resampling.averages(Resampling.averages(Resampling.wide(self()), 3, w), 2, h)
                .to(self().dtype());
    }

    /**
     * {@return the largest elements of windows that divide the image into {@code h} by {@code w} parts}
     *
     * <p>As in {@code maxPool2d}, the gradient of a window goes to the first of its largest elements, row by row.
     *
     * @param h the height of the result
     * @param w the width of the result
     * @throws TensorException if the tensor is not {@code [n, c, h, w]} of a floating-point type, or a size is not
     *     above 0
     */
    default Tensor adaptiveMaxPool2d(long h, long w) {
        Resampling.checkImage(self(), "adaptive_max_pool2d", h, w);
        Tensor rows = Resampling.windows(self().shape().size(2), h, self().device());
        Tensor columns = Resampling.windows(self().shape().size(3), w, self().device());
        // Along columns first: of equal elements, the first of the first row is the one that gets the gradient.
        Tensor narrow = self().indexSelect(3, columns).max(4).values();
        return narrow.indexSelect(2, rows).max(3).values();
    }
}
