package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The window of a convolution or pooling over spatial dimensions.
 *
 * @param kernel its sizes
 * @param strides the distances between windows
 * @param dilations the distances between elements inside a window
 * @param begins how much is added before each dimension
 * @param ends how much is added after each
 * @param outputs how many windows there are
 */
record Spatial(long[] kernel, long[] strides, long[] dilations, long[] begins, long[] ends, long[] outputs) {
    /** The window that a node's attributes describe, over an input {@code [n, c, …]}. */
    static Spatial of(Call c, Tensor x, long[] kernel, boolean ceil) {
        int dims = kernel.length;
        long[] strides = ones(c.ints("strides"), dims);
        long[] dilations = ones(c.ints("dilations"), dims);
        long[] pads = c.ints("pads");
        long[] begins = new long[dims];
        long[] ends = new long[dims];
        long[] outputs = new long[dims];
        String auto = c.s("auto_pad", "NOTSET");
        for (int d = 0; d < dims; d++) {
            long in = x.shape().size(d + 2);
            long span = (kernel[d] - 1) * dilations[d] + 1;
            if (strides[d] < 1 || dilations[d] < 1 || kernel[d] < 1) {
                throw new TensorException("a kernel of " + Arrays.toString(kernel) + ", strides "
                        + Arrays.toString(strides) + ", dilations " + Arrays.toString(dilations)
                        + " (expected 1 or more each); check the node");
            }
            if (auto.startsWith("SAME")) {
                outputs[d] = Math.ceilDiv(in, strides[d]);
                long total = Math.max(0, (outputs[d] - 1) * strides[d] + span - in);
                begins[d] = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
                ends[d] = total - begins[d];
                continue;
            }
            if (pads != null && pads.length == 2 * dims && !auto.equals("VALID")) {
                begins[d] = pads[d];
                ends[d] = pads[d + dims];
            }
            long room = in + begins[d] + ends[d] - span;
            long count = (ceil ? Math.ceilDiv(room, strides[d]) : Math.floorDiv(room, strides[d])) + 1;
            if (ceil && (count - 1) * strides[d] >= in + begins[d]) {
                count--; // a window must start inside the input or its leading padding
            }
            outputs[d] = Math.max(0, count);
        }
        return new Spatial(kernel, strides, dilations, begins, ends, outputs);
    }

    private static long[] ones(long @Nullable [] given, int dims) {
        if (given != null && given.length == dims) {
            return given;
        }
        long[] ones = new long[dims];
        Arrays.fill(ones, 1);
        return ones;
    }

    boolean symmetric() {
        return Arrays.equals(begins, ends);
    }

    boolean dilated() {
        return Arrays.stream(dilations).anyMatch(d -> d != 1);
    }

    /** The padding needed after a dimension so that all windows fit. */
    long behind(Tensor x, int d) {
        long needed = (outputs[d] - 1) * strides[d] + (kernel[d] - 1) * dilations[d] + 1;
        return Math.max(ends[d], needed - x.shape().size(d + 2) - begins[d]);
    }

    /** The input with the padding that all windows need. */
    Tensor padded(Tensor x, double value) {
        Tensor result = x;
        for (int d = 0; d < kernel.length; d++) {
            result = ShapeOps.padded(result, d + 2, begins[d], behind(x, d), "constant", value);
        }
        return result;
    }

    /** How many elements a window has. */
    int positions() {
        return Math.toIntExact(Host.product(kernel, 0, kernel.length));
    }

    /** The element of a padded input at one position of every window. */
    Tensor at(Tensor padded, int position) {
        Tensor result = padded;
        long rest = position;
        for (int d = kernel.length - 1; d >= 0; d--) {
            long offset = rest % kernel[d] * dilations[d];
            rest /= kernel[d];
            result = strided(result, d + 2, offset, outputs[d], strides[d]);
        }
        return result;
    }

    static Tensor strided(Tensor x, int dim, long start, long count, long step) {
        if (count == 0) {
            return x.narrow(dim, 0, 0);
        }
        Tensor part = x.narrow(dim, start, (count - 1) * step + 1);
        return step == 1 ? part : part.slice(dim, 0, part.shape().size(dim), step);
    }
}
