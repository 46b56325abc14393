package dev.lanewise.nn.spatial;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.spi.Windows;

/** How a window moves along one dimension. */
record Axis(int kernel, int stride, int padding, int dilation, int outputPadding) {
    /** The window's numbers for a dimension; where it has no stride, another number. */
    static Axis of(Window window, int dim, int strideOtherwise) {
        return new Axis(
                Windows.at(window.kernel(), dim),
                window.stride().isEmpty() ? strideOtherwise : Windows.at(window.stride(), dim),
                Windows.at(window.padding(), dim),
                Windows.at(window.dilation(), dim),
                Windows.at(window.outputPadding(), dim));
    }

    /** How many places the window has along a size. */
    long places(long size, String op) {
        long room = size + 2L * padding - (long) dilation * (kernel - 1) - 1;
        if (room < 0) {
            throw new TensorException(op + ": window of " + kernel + " with dilation " + dilation + " and padding "
                    + padding + " along a size of " + size + " (expected a window that fits); take a smaller one");
        }
        return room / stride + 1;
    }

    /** The size of what windows at so many places cover: the size of a transposed convolution's result. */
    long covered(long places) {
        return (places - 1) * stride - 2L * padding + (long) dilation * (kernel - 1) + outputPadding + 1;
    }

    /** The positions, in the padded dimension, that the windows see: {@code [places, kernel]}. */
    Tensor positions(long places, Device device) {
        Tensor starts = Tensor.arange(places, DType.I64, device).mul((long) stride);
        Tensor offsets = Tensor.arange(kernel, DType.I64, device).mul((long) dilation);
        return starts.unsqueeze(1).add(offsets);
    }

    /** The windows along a dimension, in whose place come two: places and positions within a window. */
    Tensor windows(Tensor x, int dim, String op) {
        Tensor padded = padding == 0 ? x : x.pad(0, pads(x.shape().rank() - 1 - dim));
        long places = places(x.shape().size(dim), op);
        return padded.indexSelect(dim, positions(places, x.device()));
    }

    /** The reverse: windows {@code [..., places, kernel, ...]} at a dimension and the next, added where they overlap. */
    Tensor overlapped(Tensor windows, int dim, long size) {
        long places = windows.shape().size(dim);
        // the last window can reach beyond what is kept
        long reach = Math.max(size + 2L * padding, (places - 1) * stride + (long) dilation * (kernel - 1) + 1);
        Tensor sum = Tensor.apply(new IndexAdd(dim, reach), windows, positions(places, windows.device()));
        return sum.narrow(dim, padding, size).contiguous();
    }

    private long[] pads(int fromTheBack) {
        long[] pads = new long[2 * (fromTheBack + 1)];
        pads[2 * fromTheBack] = padding;
        pads[2 * fromTheBack + 1] = padding;
        return pads;
    }
}
