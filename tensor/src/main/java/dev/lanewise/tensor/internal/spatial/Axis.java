package dev.lanewise.tensor.internal.spatial;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.spi.Windows;

/** How a window moves along one dimension. */
public record Axis(int kernel, int stride, int padding, int dilation, int outputPadding) {
    /** The window's numbers for a dimension; where it has no stride, another number. */
    public static Axis of(Window window, int dim, int strideOtherwise) {
        return new Axis(
                Windows.at(window.kernel(), dim),
                window.stride().isEmpty() ? strideOtherwise : Windows.at(window.stride(), dim),
                Windows.at(window.padding(), dim),
                Windows.at(window.dilation(), dim),
                Windows.at(window.outputPadding(), dim));
    }

    /** The size of what the window covers. */
    private long span() {
        return (long) dilation * (kernel - 1) + 1;
    }

    /** How many places the window has along a size. */
    public long places(long size, String op) {
        return places(size, false, op);
    }

    /** The same; in ceil mode with a last place that is partly outside, but begins inside or in the padding before. */
    private long places(long size, boolean ceil, String op) {
        long room = size + 2L * padding - span();
        if (room < 0 && (!ceil || room <= -stride)) {
            throw new TensorException(op + ": window of " + kernel + " with dilation " + dilation + " and padding "
                    + padding + " along a size of " + size + " (expected a window that fits); take a smaller one");
        }
        long places = (ceil ? Math.ceilDiv(room, (long) stride) : room / stride) + 1;
        return ceil && (places - 1) * stride >= size + padding ? places - 1 : places;
    }

    /** The size of what windows at so many places cover: the size of a transposed convolution's result. */
    public long covered(long places, String op) {
        long size = (places - 1) * stride - 2L * padding + span() + outputPadding;
        if (size < 1) {
            throw new TensorException(op + ": padding " + padding + " takes all off the result of a size of " + places
                    + " with a window of " + kernel + " (expected less padding); take less");
        }
        return size;
    }

    /** Whether {@link #covered} is a size that the window has its places along. */
    public boolean isReversed() {
        return outputPadding < stride;
    }

    /** The positions, in the padded dimension, that the windows see: {@code [places, kernel]}. */
    private Tensor positions(long places, Device device) {
        Tensor starts = Tensor.arange(places, DType.I64, device).mul((long) stride);
        Tensor offsets = Tensor.arange(kernel, DType.I64, device).mul((long) dilation);
        return starts.unsqueeze(1).add(offsets);
    }

    /** The windows along a dimension, in whose place come two: places and positions within a window. */
    public Tensor windows(Tensor x, int dim, String op) {
        Tensor padded = padding == 0 ? x : x.pad(0, pads(x.shape().rank() - 1 - dim));
        long places = places(x.shape().size(dim), op);
        return padded.indexSelect(dim, positions(places, x.device()));
    }

    /** The reverse: windows {@code [..., places, kernel, ...]} at a dimension and the next, added where they overlap. */
    public Tensor overlapped(Tensor windows, int dim, long size) {
        long places = windows.shape().size(dim);
        // the last window can reach beyond what is kept
        long reach = Math.max(size + 2L * padding, (places - 1) * stride + span());
        Tensor sum = Tensor.apply(new IndexAdd(dim, reach), windows, positions(places, windows.device()));
        return sum.narrow(dim, padding, size).contiguous();
    }

    private long[] pads(int fromTheBack) {
        long[] pads = new long[2 * (fromTheBack + 1)];
        pads[2 * fromTheBack] = padding;
        pads[2 * fromTheBack + 1] = padding;
        return pads;
    }

    /**
     * The largest element of every window of {@code [n, c, ...]}, of any dilation, one dimension after the other: of equal
     * elements, the first in row-major order is the one that gets the gradient.
     */
    public static Tensor largest(String op, Tensor x, Window window, int rank) {
        Windows.maxPooling(op, window, rank);
        if (x.shape().rank() != 2 + rank
                || x.shape().slice(1, 2 + rank).isEmpty()
                || !x.dtype().isFloating()) {
            String sizes = rank == 1 ? "l" : rank == 2 ? "h, w" : "d, h, w";
            throw new TensorException(op + ": input " + x.spec() + " (expected [n, c, " + sizes
                    + "] of a floating-point type, with elements); reshape or convert it?");
        }
        Tensor y = x;
        for (int d = rank - 1; d >= 0; d--) {
            y = of(window, d, Windows.at(window.kernel(), d)).largest(y, 2 + d, window.ceilMode(), op);
        }
        return y;
    }

    /** The largest element of every window along a dimension. Padding is never the largest. */
    private Tensor largest(Tensor x, int dim, boolean ceil, String op) {
        if (kernel == 1 && stride == 1) {
            return x;
        }
        long size = x.shape().size(dim);
        long places = places(size, ceil, op);
        if (places > Integer.MAX_VALUE / kernel) {
            throw new TensorException(op + ": dilated window of " + kernel + " at " + places
                    + " places (expected a product below 2^31); take a smaller one");
        }
        long[] positions = new long[Math.toIntExact(places * kernel)];
        for (int i = 0; i < places; i++) {
            fill(positions, i * kernel, (long) i * stride - padding, size, op);
        }
        Tensor seen = Tensor.of(positions, places, kernel).to(x.device());
        return x.indexSelect(dim, seen).max(dim + 1).values();
    }

    /**
     * The positions of one window. Instead of those in the padding it sees its first or last own one again: that changes
     * neither the largest element nor which of equal ones is the first.
     */
    private void fill(long[] positions, int at, long start, long size, String op) {
        long first = start < 0 ? start + Math.ceilDiv(-start, (long) dilation) * dilation : start;
        if (first >= size) {
            throw new TensorException(op + ": window of " + kernel + " with dilation " + dilation + " and padding "
                    + padding + " sees nothing but padding along a size of " + size
                    + " (expected less padding or dilation); take less");
        }
        long last = Math.min(start + (long) dilation * (kernel - 1), size - 1 - (size - 1 - first) % dilation);
        for (int k = 0; k < kernel; k++) {
            positions[at + k] = Math.clamp(start + (long) dilation * k, first, last);
        }
    }
}
