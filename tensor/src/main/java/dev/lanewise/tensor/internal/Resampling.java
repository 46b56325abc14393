package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;

/** The constant matrices and positions by which one dimension is pooled or resized. */
public final class Resampling {
    private Resampling() {}

    /** Output i averages the inputs from {@code floor(i n / o)} to below {@code ceil((i + 1) n / o)}: {@code [o, n]}. */
    public static Tensor averages(long from, long to, Tensor like) {
        int n = Math.toIntExact(from);
        int o = Math.toIntExact(to);
        double[] matrix = new double[o * n];
        for (int i = 0; i < o; i++) {
            int start = start(i, n, o);
            int end = end(i, n, o);
            for (int j = start; j < end; j++) {
                matrix[i * n + j] = 1.0 / (end - start);
            }
        }
        return matrix(matrix, o, n, like);
    }

    /** The positions of the same windows, the last one repeated up to the longest window: {@code [o, longest]}. */
    public static Tensor windows(long from, long to, Device device) {
        int n = Math.toIntExact(from);
        int o = Math.toIntExact(to);
        int longest = 0;
        for (int i = 0; i < o; i++) {
            longest = Math.max(longest, end(i, n, o) - start(i, n, o));
        }
        long[] positions = new long[o * longest];
        for (int i = 0; i < o; i++) {
            for (int j = 0; j < longest; j++) {
                positions[i * longest + j] = Math.min(start(i, n, o) + j, end(i, n, o) - 1);
            }
        }
        return Tensor.of(positions).reshape(o, longest).to(device);
    }

    private static int start(int i, int n, int o) {
        return (int) ((long) i * n / o);
    }

    private static int end(int i, int n, int o) {
        return (int) (((i + 1L) * n + o - 1) / o);
    }

    /** For each output the position {@code floor(i n / o)}: {@code [o]}. */
    public static Tensor nearest(long from, long to, Device device) {
        long[] positions = new long[Math.toIntExact(to)];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = i * from / to;
        }
        return Tensor.of(positions).to(device);
    }

    /** Linear interpolation of the two neighbours: {@code [o, n]}. */
    public static Tensor linear(long from, long to, boolean alignCorners, Tensor like) {
        int n = Math.toIntExact(from);
        int o = Math.toIntExact(to);
        double[] matrix = new double[o * n];
        for (int i = 0; i < o; i++) {
            double x = alignCorners ? o == 1 ? 0 : i * (n - 1.0) / (o - 1) : Math.max((i + 0.5) * n / o - 0.5, 0);
            int left = Math.min((int) x, n - 1);
            int right = Math.min(left + 1, n - 1);
            matrix[i * n + left] += 1 - (x - left);
            matrix[i * n + right] += x - left;
        }
        return matrix(matrix, o, n, like);
    }

    private static Tensor matrix(double[] values, int rows, int columns, Tensor like) {
        return Tensor.of(values, rows, columns).to(like.dtype()).to(like.device());
    }
}
