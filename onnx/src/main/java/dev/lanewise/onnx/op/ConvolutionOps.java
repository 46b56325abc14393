package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Convolutions over one and more dimensions. */
public final class ConvolutionOps {
    private ConvolutionOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Conv" -> c -> c.same(conv(c, c.x(), c.x(1), c.maybe(2)));
            case "ConvTranspose" -> c -> c.same(transposed(c));
            case "ConvInteger" -> c -> Call.out(integer(c));
            case "DeformConv" -> c -> c.same(DeformedConvolution.run(c));
            case "CausalConvWithState" -> ConvolutionOps::causal;
            case "Col2Im" -> c -> c.same(col2im(c));
            default -> null;
        };
    }

    public static Tensor conv(Call c, Tensor x, Tensor w, @Nullable Tensor bias) {
        return conv(c, x, w, bias, false);
    }

    /** A convolution, followed by a ReLU if one is wanted. */
    public static Tensor conv(Call c, Tensor x, Tensor w, @Nullable Tensor bias, boolean relu) {
        long[] kernel = Arrays.copyOfRange(w.shape().toArray(), 2, w.shape().rank());
        Spatial window = Spatial.of(c, x, kernel, false);
        return conv(x, w, bias, window, Math.toIntExact(c.i("group", 1)), relu);
    }

    private static Tensor conv(Tensor x, Tensor w, @Nullable Tensor bias, Spatial window, int groups, boolean relu) {
        int dims = window.kernel().length;
        if (dims == 1 || dims == 2) {
            boolean whole = window.symmetric();
            Tensor padded = whole ? x : window.padded(x, 0);
            long[] pads = whole ? window.begins() : new long[dims];
            int last = dims - 1;
            Convolution2d conv = new Convolution2d(
                    dims == 1 ? 1 : (int) window.strides()[0],
                    (int) window.strides()[last],
                    dims == 1 ? 0 : (int) pads[0],
                    (int) pads[last],
                    dims == 1 ? 1 : (int) window.dilations()[0],
                    (int) window.dilations()[last],
                    groups);
            Op op = relu ? new Convolution2dRelu(conv) : conv;
            return dims == 2
                    ? convolved(op, padded, w, bias)
                    : convolved(op, padded.unsqueeze(2), w.unsqueeze(2), bias).squeeze(2);
        }
        Tensor y = deep(window.padded(x, 0), w, window, groups);
        Tensor sum = bias == null
                ? y
                : y.add(NormalizationOps.channels(bias, y.shape().rank()));
        return relu ? sum.relu() : sum;
    }

    /** Three or more dimensions: the sum, over the kernel's first dimension, of convolutions over the others. */
    private static Tensor deep(Tensor padded, Tensor w, Spatial window, int groups) {
        int dims = window.kernel().length;
        long n = padded.shape().size(0);
        long out = window.outputs()[0];
        Spatial inner = new Spatial(
                rest(window.kernel()),
                rest(window.strides()),
                rest(window.dilations()),
                new long[dims - 1],
                new long[dims - 1],
                rest(window.outputs()));
        Tensor sum = null;
        for (int k = 0; k < window.kernel()[0]; k++) {
            Tensor slice = Spatial.strided(padded, 2, k * window.dilations()[0], out, window.strides()[0]);
            Tensor merged = slice.transpose(1, 2);
            Shape shape = merged.shape();
            merged = merged.reshape(Shape.of(n * out).concat(shape.slice(2, shape.rank())));
            Tensor part = conv(merged, w.select(2, k).contiguous(), null, inner, groups, false);
            sum = sum == null ? part : sum.add(part);
        }
        if (sum == null) {
            throw new IllegalArgumentException("an empty kernel");
        }
        Shape shape = Shape.of(n, out).concat(sum.shape().slice(1, sum.shape().rank()));
        return sum.reshape(shape).transpose(1, 2).contiguous();
    }

    private static long[] rest(long[] values) {
        return Arrays.copyOfRange(values, 1, values.length);
    }

    /** The gradient of a convolution: one with the kernel flipped, over an input with zeros between its elements. */
    private static Tensor transposed(Call c) {
        Tensor x = c.x();
        Tensor w = c.x(1);
        int dims = w.shape().rank() - 2;
        long[] kernel = Arrays.copyOfRange(w.shape().toArray(), 2, dims + 2);
        Spatial given = Spatial.of(c, x, kernel, false);
        long[] extra = c.ints("output_padding");
        long[] wanted = c.ints("output_shape");
        boolean same = c.s("auto_pad", "NOTSET").startsWith("SAME");
        boolean upper = c.s("auto_pad", "NOTSET").equals("SAME_UPPER");
        Tensor stuffed = x;
        for (int d = 0; d < dims; d++) {
            long in = x.shape().size(d + 2);
            long stride = given.strides()[d];
            long span = (kernel[d] - 1) * given.dilations()[d] + 1;
            long more = extra == null ? 0 : extra[d];
            long before = given.begins()[d];
            long after = given.ends()[d];
            if (wanted != null || same) {
                long target = wanted == null ? in * stride : wanted[wanted.length - dims + d];
                long total = Math.max(0, stride * (in - 1) + more + span - target);
                long lacking = Math.max(0, target - (stride * (in - 1) + more + span));
                before = upper ? total / 2 : total - total / 2;
                after = total - before - lacking;
            }
            stuffed = stuffed(stuffed, d + 2, stride);
            stuffed = ShapeOps.padded(stuffed, d + 2, span - 1 - before, span - 1 - after + more, "constant", 0);
        }
        long[] none = new long[dims];
        long[] ones = new long[dims];
        Arrays.fill(ones, 1);
        int groups = Math.toIntExact(c.i("group", 1));
        Spatial window =
                new Spatial(kernel, ones, given.dilations(), none, none, outputs(stuffed, kernel, given.dilations()));
        return conv(stuffed, turned(w, groups), c.maybe(2), window, groups, false);
    }

    private static long[] outputs(Tensor x, long[] kernel, long[] dilations) {
        long[] outputs = new long[kernel.length];
        for (int d = 0; d < outputs.length; d++) {
            outputs[d] = Math.max(0, x.shape().size(d + 2) - (kernel[d] - 1) * dilations[d]);
        }
        return outputs;
    }

    private static Tensor stuffed(Tensor x, int dim, long stride) {
        if (stride == 1) {
            return x;
        }
        long size = x.shape().size(dim);
        Tensor apart = ShapeOps.padded(x.unsqueeze(dim + 1), dim + 1, 0, stride - 1, "constant", 0);
        return apart.reshape(x.shape().with(dim, size * stride)).narrow(dim, 0, size * stride - stride + 1);
    }

    private static Tensor turned(Tensor w, int groups) {
        long[] sizes = w.shape().toArray();
        int[] spatial = Host.range(2, sizes.length);
        Tensor flipped = w.flip(spatial);
        long[] grouped = new long[sizes.length + 1];
        grouped[0] = groups;
        grouped[1] = sizes[0] / groups;
        System.arraycopy(sizes, 1, grouped, 2, sizes.length - 1);
        long[] result = sizes.clone();
        result[0] = sizes[1] * groups;
        result[1] = sizes[0] / groups;
        return flipped.reshape(grouped).transpose(1, 2).reshape(result);
    }

    /** Zero points are subtracted before the product, which is exact in doubles. */
    private static Tensor integer(Call c) {
        Tensor x = QuantizationOps.shifted(c.x(), c.maybe(2), -1);
        Tensor w = QuantizationOps.shifted(c.x(1), c.maybe(3), 0);
        return conv(c, x.to(DType.F64), w.to(DType.F64), null).to(DType.I32);
    }

    private static OnnxValue[] causal(Call c) {
        Tensor x = c.x();
        Tensor w = c.x(1);
        long k = w.shape().size(2);
        Tensor past = c.maybe(3);
        long n = x.shape().size(0);
        long channels = x.shape().size(1);
        Tensor before = past == null ? Call.like(0, x).expand(n, channels, k - 1) : past;
        Tensor all = Tensor.cat(2, before, x);
        Convolution2d op = new Convolution2d(
                1, 1, 0, 0, 1, 1, Math.toIntExact(channels / w.shape().size(1)));
        Tensor y = convolved(op, all.unsqueeze(2), w.unsqueeze(2), c.maybe(2)).squeeze(2);
        String activation = c.s("activation", "none");
        if (activation.equals("silu") || activation.equals("swish")) {
            y = y.silu();
        }
        return c.same(y, all.narrow(2, all.shape().size(2) - (k - 1), k - 1));
    }

    private static Tensor col2im(Call c) {
        Tensor x = c.x();
        long[] image = Host.longs(c.x(1));
        long[] block = Host.longs(c.x(2));
        long positions = Host.product(block, 0, block.length);
        long n = x.shape().size(0);
        long channels = x.shape().size(1) / positions;
        Tensor shaped = Call.like(0, x).expand(Shape.of(n, channels).concat(Shape.of(image)));
        Spatial window = Spatial.of(c, shaped, block, false);
        Tensor sum = null;
        Tensor columns = x.reshape(Shape.of(n, channels, positions).concat(Shape.of(window.outputs())));
        for (int k = 0; k < positions; k++) {
            Tensor part = columns.select(2, k);
            long rest = k;
            for (int d = block.length - 1; d >= 0; d--) {
                long offset = rest % block[d] * window.dilations()[d];
                rest /= block[d];
                part = stuffed(part, d + 2, window.strides()[d]);
                long target = image[d] + window.begins()[d] + window.ends()[d];
                part = ShapeOps.padded(
                        part, d + 2, offset, target - offset - part.shape().size(d + 2), "constant", 0);
            }
            sum = sum == null ? part : sum.add(part);
        }
        Tensor result = sum == null ? shaped : sum;
        for (int d = 0; d < block.length; d++) {
            result = result.narrow(d + 2, window.begins()[d], image[d]);
        }
        return result;
    }

    private static Tensor convolved(Op op, Tensor x, Tensor weight, @Nullable Tensor bias) {
        return bias == null ? Tensor.apply(op, x, weight) : Tensor.apply(op, x, weight, bias);
    }
}
