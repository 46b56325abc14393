package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import org.jspecify.annotations.Nullable;

/** Pooling over one and more dimensions. */
final class PoolingOps {
    private PoolingOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "MaxPool" -> PoolingOps::maxPool;
            case "AveragePool" -> c -> c.same(averagePool(c));
            case "LpPool" -> c -> c.same(lpPool(c));
            case "GlobalAveragePool" -> c -> c.same(c.x().mean(spatial(c), Keep.KEEP));
            case "GlobalMaxPool" -> c -> c.same(c.x().amax(spatial(c), Keep.KEEP));
            case "GlobalLpPool" -> c -> c.same(root(power(c.x(), c).sum(spatial(c), Keep.KEEP), c));
            case "MaxUnpool" -> c -> c.same(unpool(c));
            default -> null;
        };
    }

    private static int[] spatial(Call c) {
        return Host.range(2, c.x().shape().rank());
    }

    private static long[] kernel(Call c) {
        long[] kernel = c.ints("kernel_shape");
        if (kernel == null) {
            throw new IllegalArgumentException("kernel_shape is missing");
        }
        return kernel;
    }

    private static Spatial window(Call c) {
        return Spatial.of(c, c.x(), kernel(c), c.flag("ceil_mode", false));
    }

    /** Whether the pooling of tensors computes the same. */
    private static boolean fits(Call c, Spatial window) {
        long[] k = window.kernel();
        return k.length == 2
                && c.x().dtype().isFloating()
                && !c.flag("ceil_mode", false)
                && window.symmetric()
                && !window.dilated()
                && 2 * window.begins()[0] <= k[0]
                && 2 * window.begins()[1] <= k[1];
    }

    private static PoolingWindow own(Spatial window) {
        int[] k = Host.ints(window.kernel());
        int[] s = Host.ints(window.strides());
        int[] p = Host.ints(window.begins());
        return new PoolingWindow(k[0], k[1], s[0], s[1], p[0], p[1], false);
    }

    private static OnnxValue[] maxPool(Call c) {
        Tensor x = c.x();
        Spatial window = window(c);
        if (fits(c, window) && !c.wants(1)) {
            return c.same(Tensor.applyAll(new MaxPooling2d(own(window)), x)[0]);
        }
        double least = x.dtype().isFloating() ? Double.NEGATIVE_INFINITY : x.dtype() == DType.U8 ? 0 : -128;
        Tensor padded = window.padded(x, least);
        Tensor most = null;
        for (int k = 0; k < window.positions(); k++) {
            Tensor part = window.at(padded, k);
            most = most == null ? part : most.maximum(part);
        }
        Tensor y = most == null ? x : most;
        return c.wants(1) ? Call.out(c.same(y)[0], OnnxValue.of(indices(c, x, y, window))) : c.same(y);
    }

    /** The positions of the largest elements in the flattened input, the first of equal ones. */
    private static Tensor indices(Call c, Tensor x, Tensor y, Spatial window) {
        Shape shape = x.shape();
        long planes = shape.size(0) * shape.size(1);
        long[] sizes = shape.slice(2, shape.rank()).toArray();
        long[] strides = new long[sizes.length];
        boolean columns = c.flag("storage_order", false);
        long stride = 1;
        for (int i = 0; i < sizes.length; i++) {
            int d = columns ? i : sizes.length - 1 - i;
            strides[d] = stride;
            stride *= sizes[d];
        }
        double[] image = Host.doubles(x);
        double[] most = Host.doubles(y);
        long[] rowMajor = Shape.of(sizes).rowMajorStrides();
        long volume = Host.product(sizes, 0, sizes.length);
        long perPlane = Host.product(window.outputs(), 0, sizes.length);
        long[] indices = new long[most.length];
        for (int i = 0; i < most.length; i++) {
            long plane = i / perPlane;
            for (int k = 0; k < window.positions(); k++) {
                long restK = k;
                long restO = i % perPlane;
                long from = plane * volume;
                long index = plane * volume;
                boolean inside = true;
                for (int d = sizes.length - 1; d >= 0; d--) {
                    long at = restO % window.outputs()[d] * window.strides()[d]
                            - window.begins()[d]
                            + restK % window.kernel()[d] * window.dilations()[d];
                    restO /= window.outputs()[d];
                    restK /= window.kernel()[d];
                    inside &= at >= 0 && at < sizes[d];
                    from += at * rowMajor[d];
                    index += at * strides[d];
                }
                if (inside && image[(int) from] == most[i]) {
                    indices[i] = index;
                    break;
                }
            }
        }
        Call.check(planes * perPlane == most.length, "an output of another size");
        return Tensor.of(indices, y.shape().toArray()).to(x.device());
    }

    private static Tensor sum(Spatial window, Tensor padded) {
        Tensor sum = null;
        for (int k = 0; k < window.positions(); k++) {
            Tensor part = window.at(padded, k);
            sum = sum == null ? part : sum.add(part);
        }
        if (sum == null) {
            throw new IllegalArgumentException("an empty kernel");
        }
        return sum;
    }

    private static Tensor averagePool(Call c) {
        Tensor x = c.x();
        Spatial window = window(c);
        boolean includes = c.flag("count_include_pad", false);
        if (fits(c, window)) {
            return x.apply(new AveragePooling2d(own(window), includes));
        }
        Tensor ones = Call.like(1, x)
                .expand(Shape.of(1, 1).concat(x.shape().slice(2, x.shape().rank())));
        for (int d = 0; d < window.kernel().length; d++) {
            double counted = includes ? 1 : 0;
            ones = ShapeOps.padded(ones, d + 2, window.begins()[d], window.ends()[d], "constant", counted);
            long beyond = window.behind(x, d) - window.ends()[d];
            ones = ShapeOps.padded(ones, d + 2, 0, beyond, "constant", 0);
        }
        return sum(window, window.padded(x, 0)).div(sum(window, ones));
    }

    private static Tensor power(Tensor x, Call c) {
        long p = c.i("p", 2);
        return p == 1 ? x.abs() : p == 2 ? x.square() : x.abs().pow((double) p);
    }

    private static Tensor root(Tensor x, Call c) {
        long p = c.i("p", 2);
        return p == 1 ? x : p == 2 ? x.sqrt() : x.pow(1.0 / p);
    }

    private static Tensor lpPool(Call c) {
        Spatial window = window(c);
        return root(sum(window, window.padded(power(c.x(), c), 0)), c);
    }

    private static Tensor unpool(Call c) {
        Tensor x = c.x();
        int dims = x.shape().rank() - 2;
        long[] kernel = kernel(c);
        long[] given = c.longs(2);
        long[] pads = c.ints("pads");
        long[] strides = c.ints("strides");
        long[] inner = new long[dims];
        for (int d = 0; d < dims; d++) {
            long padding = pads == null ? 0 : pads[d] + pads[d + dims];
            inner[d] = (x.shape().size(d + 2) - 1) * (strides == null ? 1 : strides[d]) + kernel[d] - padding;
        }
        Shape natural = x.shape().slice(0, 2).concat(Shape.of(inner));
        Shape target = given == null ? natural : Shape.of(given);
        long count = x.shape().elements();
        long[] at = Host.longs(c.x(1));
        // indices are those of the natural size, even if another was requested
        long[] from = natural.rowMajorStrides();
        long[] to = target.rowMajorStrides();
        for (int i = 0; i < at.length; i++) {
            long rest = at[i];
            long position = 0;
            for (int d = 0; d < from.length; d++) {
                position += rest / from[d] * to[d];
                rest %= from[d];
            }
            at[i] = position;
        }
        Tensor zeros = Call.like(0, x).expand(target.elements()).contiguous();
        return zeros.scatter(0, Host.vector(at, x.device()), x.reshape(count)).reshape(target);
    }
}
