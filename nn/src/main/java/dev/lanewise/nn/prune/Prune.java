package dev.lanewise.nn.prune;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the weights that matter least. Masks are of type BOOL, true for weights that stay. The functions that take a
 * previous mask choose among the weights that it keeps, as PyTorch's {@code torch.nn.utils.prune} does; of equal
 * magnitudes, those further ahead are removed first; NaN counts as the greatest.
 *
 * <p>Setting weights to zero makes nothing faster or smaller by itself: zeros are multiplied like other numbers. {@link Masks}
 * keep them at zero, {@link GradualPruning} takes more of them in the course of a training, and {@link Units} makes layers
 * smaller.
 */
public final class Prune {
    private static final int GROUP = 4;

    private Prune() {}

    /**
     * {@return the mask without the smallest magnitudes}
     *
     * @param weight the weight
     * @param share the share of the weights that are left, from 0 to 1; rounded to whole numbers, halves to even
     * @param before the previous mask, or null
     * @throws TensorException if the share is not from 0 to 1, more weights are to go than are left, or the mask is of
     *     another shape
     */
    public static Tensor smallest(Tensor weight, double share, @Nullable Tensor before) {
        boolean[] mask = mask(weight.shape(), before);
        int left = count(mask);
        return smallest(weight, count(share, left), mask);
    }

    /**
     * {@return the mask without the given number of smallest magnitudes}
     *
     * @param weight the weight
     * @param count how many are removed
     * @param before the previous mask, or null
     * @throws TensorException if the number is negative, more weights are to go than are left, or the mask is of
     *     another shape
     */
    public static Tensor smallest(Tensor weight, int count, @Nullable Tensor before) {
        return smallest(weight, count, mask(weight.shape(), before));
    }

    private static Tensor smallest(Tensor weight, int count, boolean[] mask) {
        double[] magnitudes = magnitudes(weight);
        remove(magnitudes, mask, count);
        return Tensor.of(mask, weight.shape().toArray());
    }

    /**
     * {@return masks of several weights without the smallest magnitudes of all of them together}
     *
     * @param weights the weights
     * @param share the share, from 0 to 1
     * @throws TensorException if the share is not from 0 to 1, or more weights are to go than are left
     */
    public static List<Tensor> smallestOfAll(List<Tensor> weights, double share) {
        double[] all = weights.stream()
                .flatMapToDouble(weight -> Arrays.stream(magnitudes(weight)))
                .toArray();
        boolean[] mask = new boolean[all.length];
        Arrays.fill(mask, true);
        remove(all, mask, count(share, all.length));
        List<Tensor> masks = new ArrayList<>();
        int at = 0;
        for (Tensor weight : weights) {
            int elements = Math.toIntExact(weight.shape().elements());
            masks.add(Tensor.of(
                    Arrays.copyOfRange(mask, at, at + elements), weight.shape().toArray()));
            at += elements;
        }
        return masks;
    }

    /**
     * {@return the mask without the slices of a dimension whose norm is smallest}
     *
     * @param weight the weight
     * @param share the share of the slices that have anything left
     * @param power the order of the norm: 1, 2, or infinity
     * @param dim the dimension of the slices
     * @param before the previous mask, or null
     * @throws TensorException if the tensor has no such dimension, the share is not from 0 to 1, or the mask is of
     *     another shape
     */
    public static Tensor slices(Tensor weight, double share, double power, int dim, @Nullable Tensor before) {
        int d = weight.shape().dim(dim, "prune");
        requireShape(weight.shape(), before);
        Tensor mask = before == null ? Tensor.ones(weight.shape().toArray()) : before.to(DType.F32);
        Tensor left = Autograd.detach(weight).to(DType.F32).mul(mask);
        int[] others = IntStream.range(0, weight.shape().rank())
                .filter(other -> other != d)
                .toArray();
        double[] norms = norms(left, power, others).to(DType.F64).toDoubleArray();
        double[] kept =
                (others.length == 0 ? mask : mask.sum(others)).to(DType.F64).toDoubleArray();
        boolean[] stay = new boolean[norms.length];
        for (int i = 0; i < stay.length; i++) {
            stay[i] = kept[i] != 0;
        }
        remove(norms, stay, count(share, count(stay)));
        long[] sizes = new long[weight.shape().rank()];
        Arrays.fill(sizes, 1);
        sizes[d] = stay.length;
        return mask.mul(Tensor.of(stay).to(DType.F32).reshape(sizes)).ne(0);
    }

    private static Tensor norms(Tensor x, double power, int[] dims) {
        if (dims.length == 0) {
            return x.abs();
        }
        return Double.isInfinite(power) ? x.abs().amax(dims) : x.abs().norm(power, dims, Keep.REMOVE);
    }

    /**
     * Half of the numbers: of every four neighbours in the last dimension, the two of largest magnitude.
     *
     * @param mask true for those two
     * @param values those two of each four, in their order
     * @param positions their positions within the four, of I64
     */
    public record TwoOfFour(Tensor mask, Tensor values, Tensor positions) {
        /** Holds the given values, none of which may be null. */
        public TwoOfFour {
            Objects.requireNonNull(mask, "mask");
            Objects.requireNonNull(values, "values");
            Objects.requireNonNull(positions, "positions");
        }
    }

    /**
     * Keeps two of every four neighbours, the pattern that some hardware multiplies at twice the speed.
     *
     * @param weight the weight
     * @return the numbers that stay
     * @throws TensorException if the last dimension is not a multiple of 4
     */
    public static TwoOfFour twoOfFour(Tensor weight) {
        Shape shape = weight.shape();
        if (shape.rank() == 0 || shape.size(-1) % GROUP != 0) {
            throw new TensorException("prune: " + weight.spec()
                    + " in groups of 4 (expected a multiple of 4 in the last" + " dimension); prune it otherwise");
        }
        Tensor groups = Autograd.detach(weight).reshape(shape.elements() / GROUP, GROUP);
        double[] magnitudes = magnitudes(groups);
        boolean[] mask = new boolean[magnitudes.length];
        long[] positions = new long[magnitudes.length / 2];
        for (int first = 0; first < magnitudes.length; first += GROUP) {
            int start = first;
            int[] best = IntStream.range(0, GROUP)
                    .boxed()
                    .sorted((a, b) -> Double.compare(magnitudes[start + b], magnitudes[start + a]))
                    .limit(2)
                    .mapToInt(i -> i)
                    .sorted()
                    .toArray();
            for (int i = 0; i < 2; i++) {
                mask[first + best[i]] = true;
                positions[first / 2 + i] = best[i];
            }
        }
        Tensor places = Tensor.of(positions, shape.elements() / GROUP, 2);
        Shape half = shape.with(-1, shape.size(-1) / 2);
        return new TwoOfFour(
                Tensor.of(mask, shape.toArray()), groups.gather(1, places).reshape(half), places.reshape(half));
    }

    // ---- arrays

    private static double[] magnitudes(Tensor weight) {
        return Autograd.detach(weight).abs().to(DType.F64).toDoubleArray();
    }

    private static boolean[] mask(Shape shape, @Nullable Tensor before) {
        requireShape(shape, before);
        if (before != null) {
            return before.to(DType.BOOL).toBooleanArray();
        }
        boolean[] all = new boolean[Math.toIntExact(shape.elements())];
        Arrays.fill(all, true);
        return all;
    }

    private static void requireShape(Shape shape, @Nullable Tensor mask) {
        if (mask != null && !mask.shape().equals(shape)) {
            throw new TensorException(
                    "prune: mask " + mask.spec() + " for a weight " + shape + "; shapes must be equal");
        }
    }

    private static int count(boolean[] mask) {
        int count = 0;
        for (boolean one : mask) {
            count += one ? 1 : 0;
        }
        return count;
    }

    private static int count(double share, int of) {
        if (!(share >= 0 && share <= 1)) {
            throw new TensorException(
                    "prune: a share of " + share + " (expected 0 to 1); give a number of weights as int");
        }
        return (int) Math.rint(share * of);
    }

    /** Removes the smallest remaining values from a mask. */
    private static void remove(double[] values, boolean[] mask, int count) {
        if (count < 0 || count > count(mask)) {
            throw new TensorException(
                    "prune: " + count + " of " + count(mask) + " weights (expected at most all); prune" + " fewer");
        }
        if (count == 0) {
            return;
        }
        double[] left = IntStream.range(0, values.length)
                .filter(i -> mask[i])
                .mapToDouble(i -> values[i])
                .sorted()
                .toArray();
        double last = left[count - 1];
        int gone = 0;
        for (int i = 0; i < values.length; i++) {
            if (mask[i] && Double.compare(values[i], last) < 0) {
                mask[i] = false;
                gone++;
            }
        }
        for (int i = 0; i < values.length && gone < count; i++) {
            if (mask[i] && Double.compare(values[i], last) == 0) {
                mask[i] = false;
                gone++;
            }
        }
    }
}
