package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Magnitudes;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Reduce.Kind;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reductions, scans and sorting of a {@link Tensor}. Without dimensions a reduction takes all of them; a given list of
 * dimensions is taken as it is, so an empty one reduces nothing.
 */
public sealed interface ReductionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor reduce(Kind kind, int[] dims, boolean keepDims) {
        List<Integer> sorted = Arrays.stream(dims)
                .map(dim -> self().shape().dim(dim, kind.opName()))
                .sorted()
                .boxed()
                .toList();
        if (sorted.stream().distinct().count() != sorted.size()) {
            throw new TensorException(kind.opName() + ": dimensions " + Arrays.toString(dims) + " of " + self().spec()
                    + " name one twice; name each once");
        }
        return self().apply(new Reduce(kind, sorted, keepDims));
    }

    private int[] allDims() {
        return IntStream.range(0, self().shape().rank()).toArray();
    }

    /** The sum of all elements. */
    default Tensor sum() {
        return reduce(Kind.SUM, allDims(), false);
    }

    /** The sum along dimensions; they go. */
    default Tensor sum(int... dims) {
        return reduce(Kind.SUM, dims, false);
    }

    /** The sum along dimensions. */
    default Tensor sum(int[] dims, boolean keepDims) {
        return reduce(Kind.SUM, dims, keepDims);
    }

    /** The mean of all elements. */
    default Tensor mean() {
        return reduce(Kind.MEAN, allDims(), false);
    }

    /** The mean along dimensions; they go. */
    default Tensor mean(int... dims) {
        return reduce(Kind.MEAN, dims, false);
    }

    /** The mean along dimensions. */
    default Tensor mean(int[] dims, boolean keepDims) {
        return reduce(Kind.MEAN, dims, keepDims);
    }

    /** The product of all elements. */
    default Tensor prod() {
        return reduce(Kind.PROD, allDims(), false);
    }

    /** The product along dimensions. */
    default Tensor prod(int[] dims, boolean keepDims) {
        return reduce(Kind.PROD, dims, keepDims);
    }

    /** The largest of all elements. */
    default Tensor amax() {
        return reduce(Kind.AMAX, allDims(), false);
    }

    /** The largest elements along dimensions. */
    default Tensor amax(int[] dims, boolean keepDims) {
        return reduce(Kind.AMAX, dims, keepDims);
    }

    /** The smallest of all elements. */
    default Tensor amin() {
        return reduce(Kind.AMIN, allDims(), false);
    }

    /** The smallest elements along dimensions. */
    default Tensor amin(int[] dims, boolean keepDims) {
        return reduce(Kind.AMIN, dims, keepDims);
    }

    /** Whether one of all elements is not 0. */
    default Tensor any() {
        return reduce(Kind.ANY, allDims(), false);
    }

    /** Whether one element along dimensions is not 0. */
    default Tensor any(int[] dims, boolean keepDims) {
        return reduce(Kind.ANY, dims, keepDims);
    }

    /** Whether none of all elements is 0. */
    default Tensor all() {
        return reduce(Kind.ALL, allDims(), false);
    }

    /** Whether none of all elements is 0. */
    default Tensor all(int[] dims, boolean keepDims) {
        return reduce(Kind.ALL, dims, keepDims);
    }

    /** The position of the largest element along a dimension, which goes. */
    default Tensor argmax(int dim) {
        return argmax(dim, false);
    }

    /** The position of the largest element along a dimension. */
    default Tensor argmax(int dim, boolean keepDim) {
        int d = self().shape().dim(dim, "argmax");
        return self().apply(new ArgReduce(ArgReduce.Kind.ARGMAX, d, keepDim));
    }

    /** The position of the smallest element along a dimension. */
    default Tensor argmin(int dim, boolean keepDim) {
        int d = self().shape().dim(dim, "argmin");
        return self().apply(new ArgReduce(ArgReduce.Kind.ARGMIN, d, keepDim));
    }

    /**
     * The logarithm of the sum of exponentials along dimensions, computed from {@code x - max(x)}.
     */
    default Tensor logSumExp(int[] dims, boolean keepDims) {
        Tensor max = self().amax(dims, true);
        Tensor finite = max.abs().eq(Double.POSITIVE_INFINITY).where(max.zerosLike(), max);
        Tensor sum = self().sub(finite).exp().sum(dims, true).log().add(finite);
        return keepDims ? sum : sum.squeeze(dims);
    }

    /**
     * The variance along dimensions. 16-bit types are computed in F32.
     *
     * @param correction is taken off the number of elements in the divisor: 1 for the unbiased estimate
     */
    default Tensor var(int[] dims, double correction, boolean keepDims) {
        return Magnitudes.inF32(self(), x -> Magnitudes.var(x, dims, correction, keepDims));
    }

    /**
     * The standard deviation: the square root of {@link #var}, also where the variance is too large or too small for the
     * type. Its gradient is 0 where it is 0.
     */
    default Tensor std(int[] dims, double correction, boolean keepDims) {
        return Magnitudes.inF32(self(), x -> Magnitudes.std(x, dims, correction, keepDims));
    }

    /**
     * The Euclidean norm along dimensions, also where squares are too large or too small for the type. Its gradient is 0
     * where it is 0.
     */
    default Tensor norm(int[] dims, boolean keepDims) {
        return norm(2, dims, keepDims);
    }

    /**
     * The norm {@code (sum |x|^p)^(1/p)} along dimensions, also where powers are too large or too small for the type. Where
     * it is 0, and for an element of 0, its gradient is 0.
     *
     * @param p the order; infinite for the largest (or, negative, the smallest) magnitude, 0 for how many are not 0
     */
    default Tensor norm(double p, int[] dims, boolean keepDims) {
        return Magnitudes.inF32(self(), x -> Magnitudes.norm(x, p, dims, keepDims));
    }

    /** Running sums along a dimension. */
    default Tensor cumsum(int dim) {
        return self().apply(new Scan(Scan.Kind.CUMSUM, self().shape().dim(dim, "cumsum"), false));
    }

    /** Running products along a dimension. */
    default Tensor cumprod(int dim) {
        return self().apply(new Scan(Scan.Kind.CUMPROD, self().shape().dim(dim, "cumprod"), false));
    }

    /**
     * Values and their former positions.
     *
     * @param values the values
     * @param indices positions, {@link DType#I64}
     */
    record Indexed(Tensor values, Tensor indices) {}

    /** The largest elements along a dimension and the first position of each; NaN counts as largest. */
    default Indexed max(int dim, boolean keepDim) {
        return extreme(dim, keepDim, argmax(dim, true));
    }

    /** The smallest elements along a dimension and the first position of each; NaN counts as smallest. */
    default Indexed min(int dim, boolean keepDim) {
        return extreme(dim, keepDim, argmin(dim, true));
    }

    private Indexed extreme(int dim, boolean keepDim, Tensor indices) {
        Tensor values = self().gather(dim, indices);
        return keepDim ? new Indexed(values, indices) : new Indexed(values.squeeze(dim), indices.squeeze(dim));
    }

    /** The elements sorted along a dimension, stably. */
    default Indexed sort(int dim, boolean descending) {
        Tensor[] results = Tensor.applyAll(new Sort(self().shape().dim(dim, "sort"), descending), self());
        return new Indexed(results[0], results[1]);
    }

    /** The positions that sort a dimension, stably. */
    default Tensor argsort(int dim, boolean descending) {
        return sort(dim, descending).indices();
    }

    /** The k largest (or smallest) elements along a dimension, in order. */
    default Indexed topk(long k, int dim, boolean largest) {
        Indexed sorted = sort(dim, largest);
        return new Indexed(sorted.values().narrow(dim, 0, k), sorted.indices().narrow(dim, 0, k));
    }
}
