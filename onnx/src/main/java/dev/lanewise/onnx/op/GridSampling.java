package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/** GridSample: an image of any number of dimensions read at the points of a grid. */
final class GridSampling {
    private final double[] image;
    private final int[] sizes;
    private final String mode;
    private final String padding;
    private final boolean align;

    private GridSampling(Call c, double[] image, int[] sizes) {
        this.image = image;
        this.sizes = sizes;
        String given = c.s("mode", "linear");
        this.mode = given.equals("bilinear") ? "linear" : given.equals("bicubic") ? "cubic" : given;
        this.padding = c.s("padding_mode", "zeros");
        this.align = c.flag("align_corners", false);
    }

    static Tensor sample(Call c) {
        Tensor x = c.x();
        Tensor grid = c.x(1);
        int dims = x.shape().rank() - 2;
        long[] xs = x.shape().toArray();
        int[] sizes = Host.ints(Arrays.copyOfRange(xs, 2, dims + 2));
        GridSampling sampling = new GridSampling(c, Host.doubles(x), sizes);
        double[] points = Host.doubles(grid);
        long[] gs = grid.shape().toArray();
        int count = (int) Host.product(gs, 1, dims + 1);
        int volume = (int) Host.product(xs, 2, dims + 2);
        int channels = (int) xs[1];
        double[] out = new double[(int) xs[0] * channels * count];
        double[] at = new double[dims];
        for (int n = 0; n < xs[0]; n++) {
            for (int p = 0; p < count; p++) {
                for (int d = 0; d < dims; d++) {
                    double g = points[(n * count + p) * dims + dims - 1 - d];
                    at[d] = sampling.pixel(g, sizes[d]);
                }
                for (int ch = 0; ch < channels; ch++) {
                    int base = (n * channels + ch) * volume;
                    out[(n * channels + ch) * count + p] = sampling.value(base, at, new long[dims], 0);
                }
            }
        }
        long[] shape = new long[dims + 2];
        shape[0] = xs[0];
        shape[1] = channels;
        System.arraycopy(gs, 1, shape, 2, dims);
        return Host.of(out, x, shape);
    }

    private double pixel(double g, int size) {
        double at = align ? (g + 1) / 2 * (size - 1) : ((g + 1) * size - 1) / 2;
        double rounded = mode.equals("nearest") ? Math.rint(at) : at;
        if (mode.equals("cubic")) {
            return rounded; // padding belongs to each neighbour
        }
        return bounded(rounded, size);
    }

    private double bounded(double at, int size) {
        return switch (padding) {
            case "border" -> Math.clamp(at, 0, size - 1);
            case "reflection" -> {
                double low = align ? 0 : -0.5;
                double high = align ? size - 1 : size - 0.5;
                double reflected = reflect(at, low, high);
                yield align ? reflected : Math.clamp(reflected, 0, size - 1);
            }
            default -> at;
        };
    }

    private static double reflect(double at, double low, double high) {
        double range = high - low;
        if (range <= 0) {
            return low;
        }
        double distance = Math.abs(at - low) % (2 * range);
        return distance <= range ? low + distance : low + 2 * range - distance;
    }

    private double value(int base, double[] at, long[] index, int d) {
        if (d == at.length) {
            long position = base;
            long stride = 1;
            for (int i = index.length - 1; i >= 0; i--) {
                long k = index[i];
                if (k < 0 || k >= sizes[i]) {
                    if (padding.equals("zeros")) {
                        return 0;
                    }
                    k = Math.clamp(Math.round(bounded(k, sizes[i])), 0, sizes[i] - 1);
                }
                position += k * stride;
                stride *= sizes[i];
            }
            return image[(int) position];
        }
        double point = at[d];
        if (Double.isNaN(point) || Math.abs(point) > 1e15) {
            point = padding.equals("zeros") ? -2 : 0;
        }
        return switch (mode) {
            case "nearest" -> {
                index[d] = Math.round(Math.rint(point));
                yield value(base, at, index, d + 1);
            }
            case "linear" -> {
                long low = (long) Math.floor(point);
                double part = point - low;
                index[d] = low;
                double sum = (1 - part) * value(base, at, index, d + 1);
                index[d] = low + 1;
                yield sum + part * value(base, at, index, d + 1);
            }
            default -> {
                long low = (long) Math.floor(point);
                double part = point - low;
                double sum = 0;
                for (int i = -1; i <= 2; i++) {
                    index[d] = low + i;
                    sum += cubic(Math.abs(part - i)) * value(base, at, index, d + 1);
                }
                yield sum;
            }
        };
    }

    private static double cubic(double x) {
        double a = -0.75;
        if (x <= 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }
}
