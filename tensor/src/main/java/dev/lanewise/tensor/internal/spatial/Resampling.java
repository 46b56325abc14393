package dev.lanewise.tensor.internal.spatial;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;

/**
 * One dimension of a tensor pooled or resized. Every output is computed from the elements that it sees and no others: a
 * product with a matrix of weights would spread NaN and infinity everywhere, and would need memory for all its zeros.
 */
public final class Resampling {
    /** The largest allowed side: tables of its positions are made in the heap. */
    private static final int LARGEST_SIDE = 1 << 24;

    private Resampling() {}

    /** The type that 16-bit images are computed in. */
    public static Tensor wide(Tensor x) {
        DType dtype = x.dtype();
        return dtype == DType.F16 || dtype == DType.BF16 ? x.to(DType.F32) : x;
    }

    /** Checks that a tensor is of images, and the sizes of a result. */
    public static void checkImage(Tensor x, String op, long h, long w) {
        if (x.shape().rank() != 4
                || x.shape().slice(1, 4).isEmpty()
                || Math.min(h, w) < 1
                || Math.max(h, w) > LARGEST_SIDE) {
            throw new TensorException(op + ": input " + x.spec() + " to [" + h + ", " + w
                    + "] (expected [n, c, h, w] with channels and pixels, and sizes from 1 to " + LARGEST_SIDE
                    + "); check shape and sizes");
        }
    }

    /** Output i averages the inputs from {@code floor(i n / o)} to below {@code ceil((i + 1) n / o)}. */
    public static Tensor averages(Tensor x, int dim, long to) {
        int n = Math.toIntExact(x.shape().size(dim));
        int o = Math.toIntExact(to);
        int longest = longest(n, o);
        boolean[] repeated = new boolean[o * longest];
        double[] counts = new double[o];
        for (int i = 0; i < o; i++) {
            int count = end(i, n, o) - start(i, n, o);
            counts[i] = count;
            Arrays.fill(repeated, i * longest + count, (i + 1) * longest, true);
        }
        Tensor windows = x.indexSelect(dim, windows(n, o, x.device()));
        Tensor mask = along(x, dim, Tensor.of(repeated), o, longest);
        Tensor divisors = along(x, dim, Tensor.of(counts, o).to(x.dtype()), o);
        return windows.maskedFill(mask, 0).sum(dim + 1).div(divisors);
    }

    /** The positions of the same windows, the last one repeated up to the longest window: {@code [o, longest]}. */
    public static Tensor windows(long from, long to, Device device) {
        int n = Math.toIntExact(from);
        int o = Math.toIntExact(to);
        int longest = longest(n, o);
        long[] positions = new long[o * longest];
        for (int i = 0; i < o; i++) {
            for (int j = 0; j < longest; j++) {
                positions[i * longest + j] = Math.min(start(i, n, o) + j, end(i, n, o) - 1);
            }
        }
        return Tensor.of(positions).reshape(o, longest).to(device);
    }

    private static int longest(int n, int o) {
        int longest = 0;
        for (int i = 0; i < o; i++) {
            longest = Math.max(longest, end(i, n, o) - start(i, n, o));
        }
        Math.multiplyExact(longest, o);
        return longest;
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

    /** Linear interpolation between the two neighbours; an output that coincides with an input equals that input. */
    public static Tensor linear(Tensor x, int dim, long to, boolean alignCorners) {
        int n = Math.toIntExact(x.shape().size(dim));
        int o = Math.toIntExact(to);
        long[] left = new long[o];
        long[] right = new long[o];
        boolean[] alone = new boolean[o];
        double[] near = new double[o];
        double[] far = new double[o];
        for (int i = 0; i < o; i++) {
            double at = alignCorners ? o == 1 ? 0 : i * (n - 1.0) / (o - 1) : Math.max((i + 0.5) * n / o - 0.5, 0);
            int before = Math.min((int) at, n - 1);
            left[i] = before;
            right[i] = Math.min(before + 1, n - 1);
            boolean exact = right[i] == before || at == before;
            alone[i] = exact;
            far[i] = exact ? 0 : at - before;
            near[i] = 1 - far[i];
        }
        Tensor first = x.indexSelect(dim, Tensor.of(left).to(x.device()));
        Tensor second =
                x.indexSelect(dim, Tensor.of(right).to(x.device())).maskedFill(along(x, dim, Tensor.of(alone), o), 0);
        Tensor ofFirst = along(x, dim, Tensor.of(near, o).to(x.dtype()), o);
        Tensor ofSecond = along(x, dim, Tensor.of(far, o).to(x.dtype()), o);
        return first.mul(ofFirst).add(second.mul(ofSecond));
    }

    /** Values for a dimension and the dimensions after it that it was split into, shaped to broadcast. */
    private static Tensor along(Tensor x, int dim, Tensor values, long... sizes) {
        long[] shape = new long[sizes.length + x.shape().rank() - 1 - dim];
        Arrays.fill(shape, 1);
        System.arraycopy(sizes, 0, shape, 0, sizes.length);
        return values.reshape(Shape.of(shape)).to(x.device());
    }
}
