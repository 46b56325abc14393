package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Resize: each dimension is interpolated by itself, as a product with a matrix or a choice of positions. */
final class Resizing {
    private final Call call;
    private final String mode;
    private final String coordinates;
    private final String nearest;

    private Resizing(Call call, String mode, String coordinates, String nearest) {
        this.call = call;
        this.mode = mode;
        this.coordinates = coordinates;
        this.nearest = nearest;
    }

    static Tensor upsample(Call c) {
        Tensor x = c.x();
        float[] attribute = c.floats("scales");
        double[] scales;
        if (attribute != null) {
            scales = new double[attribute.length];
            Arrays.setAll(scales, i -> attribute[i]);
        } else if (c.has(1)) {
            scales = Host.doubles(c.x(1));
        } else { // opset 1
            scales = new double[] {1, 1, c.f("height_scale", 1), c.f("width_scale", 1)};
        }
        Resizing resizing = new Resizing(c, mode(c), "asymmetric", "floor");
        Tensor result = x;
        for (int d = 0; d < scales.length; d++) {
            long out = (long) Math.floor(x.shape().size(d) * scales[d]);
            result = resizing.along(result, d, out, scales[d], 0, 1);
        }
        return result;
    }

    private static String mode(Call c) {
        String mode = c.s("mode", "nearest");
        return mode.equals("bilinear") || mode.equals("trilinear") ? "linear" : mode;
    }

    static Tensor resize(Call c) {
        boolean old = c.opset() < 11;
        Resizing resizing = new Resizing(
                c,
                mode(c),
                old ? "asymmetric" : c.s("coordinate_transformation_mode", "half_pixel"),
                old ? "floor" : c.s("nearest_mode", "round_prefer_floor"));
        return resizing.run(old);
    }

    private Tensor run(boolean old) {
        Tensor x = call.x();
        int rank = x.shape().rank();
        double[] scales = given(old ? 1 : 2);
        double[] sizes = old ? null : given(3);
        double[] roi = old ? null : given(1);
        long[] axes = call.ints("axes");
        int count = axes == null ? rank : axes.length;
        int[] dims = new int[count];
        for (int i = 0; i < count; i++) {
            dims[i] = axes == null ? i : Call.dim(axes[i], rank);
        }
        double[] factors = new double[count];
        long[] outs = new long[count];
        for (int i = 0; i < count; i++) {
            long in = x.shape().size(dims[i]);
            if (sizes != null) {
                outs[i] = (long) sizes[i];
                factors[i] = sizes[i] / in;
            } else if (scales != null) {
                factors[i] = scales[i];
                outs[i] = (long) Math.floor(in * scales[i]);
            } else {
                throw new IllegalArgumentException("neither scales nor sizes");
            }
        }
        if (sizes != null) {
            keepAspect(x, dims, factors, outs);
        }
        Tensor result = x;
        for (int i = 0; i < count; i++) {
            double start = roi == null ? 0 : roi[i];
            double end = roi == null ? 1 : roi[i + count];
            result = along(result, dims[i], outs[i], factors[i], start, end);
        }
        if (coordinates.equals("tf_crop_and_resize")) {
            result = outside(result, x, dims, factors, roi);
        }
        return result;
    }

    private double @Nullable [] given(int input) {
        if (!call.has(input) || call.x(input).shape().elements() == 0) {
            return null;
        }
        return Host.doubles(call.x(input));
    }

    private void keepAspect(Tensor x, int[] dims, double[] factors, long[] outs) {
        String policy = call.s("keep_aspect_ratio_policy", "stretch");
        if (policy.equals("stretch")) {
            return;
        }
        double factor = policy.equals("not_larger")
                ? Arrays.stream(factors).min().orElse(1)
                : Arrays.stream(factors).max().orElse(1);
        for (int i = 0; i < dims.length; i++) {
            factors[i] = factor;
            outs[i] = (long) Math.floor(x.shape().size(dims[i]) * factor + 0.5);
        }
    }

    private double position(long i, long in, long out, double scale, double start, double end) {
        return switch (coordinates) {
            case "half_pixel" -> (i + 0.5) / scale - 0.5;
            case "pytorch_half_pixel" -> out > 1 ? (i + 0.5) / scale - 0.5 : 0;
            // the standard uses the length before it is rounded down
            case "align_corners" -> scale * in == 1 || out == 1 ? 0 : i * (in - 1) / (scale * in - 1);
            case "asymmetric" -> i / scale;
            case "half_pixel_symmetric" -> {
                double adjustment = out / (scale * in);
                yield in / 2.0 * (1 - adjustment) + (i + 0.5) / scale - 0.5;
            }
            case "tf_crop_and_resize" ->
                out > 1 ? start * (in - 1) + i * (end - start) * (in - 1) / (out - 1) : 0.5 * (start + end) * (in - 1);
            case "tf_half_pixel_for_nn" -> (i + 0.5) / scale;
            default -> throw new IllegalArgumentException("coordinate_transformation_mode " + coordinates);
        };
    }

    private Tensor along(Tensor x, int dim, long out, double scale, double start, double end) {
        long in = x.shape().size(dim);
        if (scale == 1 && out == in && !coordinates.equals("tf_crop_and_resize")) {
            return x;
        }
        if (mode.equals("nearest")) {
            long[] positions = new long[Math.toIntExact(out)];
            for (int i = 0; i < positions.length; i++) {
                double at = position(i, in, out, scale, start, end);
                positions[i] = Math.clamp(rounded(at), 0, in - 1);
            }
            return x.indexSelect(dim, Host.vector(positions, x.device()));
        }
        double[] weights = new double[Math.toIntExact(out * in)];
        for (int i = 0; i < out; i++) {
            weights(weights, i * (int) in, position(i, in, out, scale, start, end), in, scale);
        }
        DType type = x.dtype() == DType.F64 || !x.dtype().isFloating() ? DType.F64 : DType.F32;
        Tensor matrix = Host.of(weights, type, x.device(), out, in);
        int last = x.shape().rank() - 1;
        Tensor moved = x.to(type).transpose(dim, last).matmul(matrix.transpose());
        Tensor result = moved.transpose(dim, last);
        return x.dtype().isFloating() ? result.to(x.dtype()) : result.round().to(x.dtype());
    }

    private long rounded(double at) {
        return (long)
                switch (nearest) {
                    case "floor" -> Math.floor(at);
                    case "ceil" -> Math.ceil(at);
                    case "round_prefer_ceil" -> Math.floor(at + 0.5);
                    default -> Math.ceil(at - 0.5);
                };
    }

    /** One row of the matrix; the neighbourhood starts below the point, even if the point is a whole number. */
    private void weights(double[] all, int row, double at, long in, double scale) {
        double base = Math.ceil(at) - 1;
        double ratio = at - base;
        boolean cubic = mode.equals("cubic");
        double shrink = call.flag("antialias", false) ? Math.min(scale, 1) : 1;
        double reach = cubic ? 2 : 1;
        int first = (int) Math.floor(-reach / shrink) + 1;
        int end = 2 - first;
        double sum = 0;
        double[] row0 = new double[end - first];
        for (int i = first; i < end; i++) {
            double distance = Math.abs((i - ratio) * shrink);
            double weight = cubic ? cubic(distance) : Math.max(0, 1 - distance);
            long index = (long) base + i;
            if (call.flag("exclude_outside", false) && (index < 0 || index >= in)) {
                weight = 0;
            }
            row0[i - first] = weight;
            sum += weight;
        }
        boolean normalize = shrink < 1 || call.flag("exclude_outside", false);
        for (int i = first; i < end; i++) {
            int index = (int) Math.clamp((long) base + i, 0, in - 1);
            all[row + index] += normalize ? row0[i - first] / sum : row0[i - first];
        }
    }

    /** Keys 1981, "Cubic convolution interpolation for digital image processing". */
    private double cubic(double x) {
        double a = call.f("cubic_coeff_a", -0.75);
        if (x <= 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }

    private Tensor outside(Tensor result, Tensor x, int[] dims, double[] factors, double @Nullable [] roi) {
        Tensor filled = result;
        for (int i = 0; i < dims.length; i++) {
            long in = x.shape().size(dims[i]);
            long out = result.shape().size(dims[i]);
            boolean[] beyond = new boolean[(int) out];
            for (int j = 0; j < out; j++) {
                double at = position(
                        j, in, out, factors[i], roi == null ? 0 : roi[i], roi == null ? 1 : roi[i + dims.length]);
                beyond[j] = at < 0 || at > in - 1;
            }
            long[] sizes = new long[result.shape().rank()];
            Arrays.fill(sizes, 1);
            sizes[dims[i]] = out;
            Tensor mask = Tensor.of(beyond).reshape(sizes).to(x.device());
            filled = mask.where(Call.like(call.f("extrapolation_value", 0), x), filled);
        }
        return filled;
    }
}
