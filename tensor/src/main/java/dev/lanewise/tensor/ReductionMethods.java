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

    private Tensor reduce(Kind kind, int[] dims, Keep keep) {
        List<Integer> sorted = Arrays.stream(dims)
                .map(dim -> self().shape().dim(dim, kind.opName()))
                .sorted()
                .boxed()
                .toList();
        if (sorted.stream().distinct().count() != sorted.size()) {
            throw new TensorException(kind.opName() + ": dimensions " + Arrays.toString(dims) + " of " + self().spec()
                    + " name one twice; name each once");
        }
        return self().apply(new Reduce(kind, sorted, keep == Keep.KEEP));
    }

    private int[] allDims() {
        return IntStream.range(0, self().shape().rank()).toArray();
    }

    /** The sum of all elements: a scalar. */
    default Tensor sum() {
        return reduce(Kind.SUM, allDims(), Keep.REMOVE);
    }

    /** The sum along dimensions, which are removed; none given, none is reduced. */
    default Tensor sum(int... dims) {
        return reduce(Kind.SUM, dims, Keep.REMOVE);
    }

    /** The sum along a dimension, which stays with size 1 or is removed. */
    default Tensor sum(int dim, Keep keep) {
        return reduce(Kind.SUM, new int[] {dim}, keep);
    }

    /** The sum along dimensions, which stay with size 1 or are removed. */
    default Tensor sum(int[] dims, Keep keep) {
        return reduce(Kind.SUM, dims, keep);
    }

    /** The mean of all elements: a scalar. */
    default Tensor mean() {
        return reduce(Kind.MEAN, allDims(), Keep.REMOVE);
    }

    /** The mean along dimensions, which are removed; none given, none is reduced. */
    default Tensor mean(int... dims) {
        return reduce(Kind.MEAN, dims, Keep.REMOVE);
    }

    /** The mean along a dimension, which stays with size 1 or is removed. */
    default Tensor mean(int dim, Keep keep) {
        return reduce(Kind.MEAN, new int[] {dim}, keep);
    }

    /** The mean along dimensions, which stay with size 1 or are removed. */
    default Tensor mean(int[] dims, Keep keep) {
        return reduce(Kind.MEAN, dims, keep);
    }

    /** The product of all elements: a scalar. */
    default Tensor prod() {
        return reduce(Kind.PROD, allDims(), Keep.REMOVE);
    }

    /** The product along dimensions, which are removed; none given, none is reduced. */
    default Tensor prod(int... dims) {
        return reduce(Kind.PROD, dims, Keep.REMOVE);
    }

    /** The product along a dimension, which stays with size 1 or is removed. */
    default Tensor prod(int dim, Keep keep) {
        return reduce(Kind.PROD, new int[] {dim}, keep);
    }

    /** The product along dimensions, which stay with size 1 or are removed. */
    default Tensor prod(int[] dims, Keep keep) {
        return reduce(Kind.PROD, dims, keep);
    }

    /** The largest element of all elements: a scalar. NaN if there is one. */
    default Tensor amax() {
        return reduce(Kind.AMAX, allDims(), Keep.REMOVE);
    }

    /** The largest element along dimensions, which are removed; none given, none is reduced. NaN if there is one. */
    default Tensor amax(int... dims) {
        return reduce(Kind.AMAX, dims, Keep.REMOVE);
    }

    /** The largest element along a dimension, which stays with size 1 or is removed. NaN if there is one. */
    default Tensor amax(int dim, Keep keep) {
        return reduce(Kind.AMAX, new int[] {dim}, keep);
    }

    /** The largest element along dimensions, which stay with size 1 or are removed. NaN if there is one. */
    default Tensor amax(int[] dims, Keep keep) {
        return reduce(Kind.AMAX, dims, keep);
    }

    /** The smallest element of all elements: a scalar. NaN if there is one. */
    default Tensor amin() {
        return reduce(Kind.AMIN, allDims(), Keep.REMOVE);
    }

    /** The smallest element along dimensions, which are removed; none given, none is reduced. NaN if there is one. */
    default Tensor amin(int... dims) {
        return reduce(Kind.AMIN, dims, Keep.REMOVE);
    }

    /** The smallest element along a dimension, which stays with size 1 or is removed. NaN if there is one. */
    default Tensor amin(int dim, Keep keep) {
        return reduce(Kind.AMIN, new int[] {dim}, keep);
    }

    /** The smallest element along dimensions, which stay with size 1 or are removed. NaN if there is one. */
    default Tensor amin(int[] dims, Keep keep) {
        return reduce(Kind.AMIN, dims, keep);
    }

    /** Whether any element of all elements is not 0, of type {@link DType#BOOL}: a scalar. */
    default Tensor any() {
        return reduce(Kind.ANY, allDims(), Keep.REMOVE);
    }

    /** Whether any element along dimensions is not 0, of type {@link DType#BOOL}, which are removed; none given, none is reduced. */
    default Tensor any(int... dims) {
        return reduce(Kind.ANY, dims, Keep.REMOVE);
    }

    /** Whether any element along a dimension is not 0, of type {@link DType#BOOL}, which stays with size 1 or is removed. */
    default Tensor any(int dim, Keep keep) {
        return reduce(Kind.ANY, new int[] {dim}, keep);
    }

    /** Whether any element along dimensions is not 0, of type {@link DType#BOOL}, which stay with size 1 or are removed. */
    default Tensor any(int[] dims, Keep keep) {
        return reduce(Kind.ANY, dims, keep);
    }

    /** Whether no element of all elements is 0, of type {@link DType#BOOL}: a scalar. */
    default Tensor all() {
        return reduce(Kind.ALL, allDims(), Keep.REMOVE);
    }

    /** Whether no element along dimensions is 0, of type {@link DType#BOOL}, which are removed; none given, none is reduced. */
    default Tensor all(int... dims) {
        return reduce(Kind.ALL, dims, Keep.REMOVE);
    }

    /** Whether no element along a dimension is 0, of type {@link DType#BOOL}, which stays with size 1 or is removed. */
    default Tensor all(int dim, Keep keep) {
        return reduce(Kind.ALL, new int[] {dim}, keep);
    }

    /** Whether no element along dimensions is 0, of type {@link DType#BOOL}, which stay with size 1 or are removed. */
    default Tensor all(int[] dims, Keep keep) {
        return reduce(Kind.ALL, dims, keep);
    }

    /** The position of the first largest of all elements in row-major order, {@link DType#I64}; that of a NaN if there is one. */
    default Tensor argmax() {
        return self().flatten().argmax(0);
    }

    /** The position of the first largest element along a dimension, which is removed; {@link DType#I64}. */
    default Tensor argmax(int dim) {
        return argmax(dim, Keep.REMOVE);
    }

    /** The position of the first largest element along a dimension, which stays with size 1 or is removed. */
    default Tensor argmax(int dim, Keep keep) {
        int d = self().shape().dim(dim, "argmax");
        return self().apply(new ArgReduce(ArgReduce.Kind.ARGMAX, d, keep == Keep.KEEP));
    }

    /** The position of the first smallest of all elements in row-major order, {@link DType#I64}; that of a NaN if there is one. */
    default Tensor argmin() {
        return self().flatten().argmin(0);
    }

    /** The position of the first smallest element along a dimension, which is removed; {@link DType#I64}. */
    default Tensor argmin(int dim) {
        return argmin(dim, Keep.REMOVE);
    }

    /** The position of the first smallest element along a dimension, which stays with size 1 or is removed. */
    default Tensor argmin(int dim, Keep keep) {
        int d = self().shape().dim(dim, "argmin");
        return self().apply(new ArgReduce(ArgReduce.Kind.ARGMIN, d, keep == Keep.KEEP));
    }

    /** The logarithm of the sum of exponentials of all elements: a scalar. */
    default Tensor logSumExp() {
        return logSumExp(allDims(), Keep.REMOVE);
    }

    /** The logarithm of the sum of exponentials along dimensions, which are removed. */
    default Tensor logSumExp(int... dims) {
        return logSumExp(dims, Keep.REMOVE);
    }

    /** The logarithm of the sum of exponentials along a dimension, which stays with size 1 or is removed. */
    default Tensor logSumExp(int dim, Keep keep) {
        return logSumExp(new int[] {dim}, keep);
    }

    /** The logarithm of the sum of exponentials along dimensions, computed from {@code x - max(x)}. */
    default Tensor logSumExp(int[] dims, Keep keep) {
        Tensor max = self().amax(dims, Keep.KEEP);
        Tensor finite = max.abs().eq(Double.POSITIVE_INFINITY).where(max.zerosLike(), max);
        Tensor sum = self().sub(finite).exp().sum(dims, Keep.KEEP).log().add(finite);
        return keep == Keep.KEEP ? sum : sum.squeeze(dims);
    }

    /** The unbiased variance of all elements (divisor n - 1): a scalar. */
    default Tensor var() {
        return var(allDims(), 1, Keep.REMOVE);
    }

    /** The unbiased variance along dimensions (divisor n - 1), which are removed. */
    default Tensor var(int... dims) {
        return var(dims, 1, Keep.REMOVE);
    }

    /** The unbiased variance along a dimension (divisor n - 1), which stays with size 1 or is removed. */
    default Tensor var(int dim, Keep keep) {
        return var(new int[] {dim}, 1, keep);
    }

    /** The unbiased variance along dimensions (divisor n - 1), which stay with size 1 or are removed. */
    default Tensor var(int[] dims, Keep keep) {
        return var(dims, 1, keep);
    }

    /**
     * The variance along dimensions. 16-bit types are computed in F32.
     *
     * @param correction is subtracted from the number of elements in the divisor: 1 for the unbiased estimate, 0 for the
     *     biased one
     */
    default Tensor var(int[] dims, double correction, Keep keep) {
        return Magnitudes.inF32(self(), x -> Magnitudes.var(x, dims, correction, keep == Keep.KEEP));
    }

    /** The unbiased standard deviation of all elements (divisor n - 1): a scalar. */
    default Tensor std() {
        return std(allDims(), 1, Keep.REMOVE);
    }

    /** The unbiased standard deviation along dimensions (divisor n - 1), which are removed. */
    default Tensor std(int... dims) {
        return std(dims, 1, Keep.REMOVE);
    }

    /** The unbiased standard deviation along a dimension (divisor n - 1), which stays with size 1 or is removed. */
    default Tensor std(int dim, Keep keep) {
        return std(new int[] {dim}, 1, keep);
    }

    /** The unbiased standard deviation along dimensions (divisor n - 1), which stay with size 1 or are removed. */
    default Tensor std(int[] dims, Keep keep) {
        return std(dims, 1, keep);
    }

    /**
     * The standard deviation along dimensions: the square root of {@link #var}, also where the variance is too large or too small for
     * the type. Its gradient is 0 where it is 0. 16-bit types are computed in F32.
     *
     * @param correction is subtracted from the number of elements in the divisor: 1 for the unbiased estimate, 0 for the
     *     biased one
     */
    default Tensor std(int[] dims, double correction, Keep keep) {
        return Magnitudes.inF32(self(), x -> Magnitudes.std(x, dims, correction, keep == Keep.KEEP));
    }

    /** The Euclidean norm of all elements: a scalar. */
    default Tensor norm() {
        return norm(2, allDims(), Keep.REMOVE);
    }

    /** The Euclidean norm along dimensions, which are removed. */
    default Tensor norm(int... dims) {
        return norm(2, dims, Keep.REMOVE);
    }

    /** The Euclidean norm along a dimension, which stays with size 1 or is removed. */
    default Tensor norm(int dim, Keep keep) {
        return norm(2, new int[] {dim}, keep);
    }

    /**
     * The Euclidean norm along dimensions, also where squares are too large or too small for the type. Its gradient is 0
     * where it is 0.
     */
    default Tensor norm(int[] dims, Keep keep) {
        return norm(2, dims, keep);
    }

    /**
     * The norm {@code (sum |x|^p)^(1/p)} along dimensions, also where powers are too large or too small for the type. Where
     * it is 0, and for an element of 0, its gradient is 0.
     *
     * @param p the order; infinite for the largest (or, negative, the smallest) magnitude, 0 for how many are not 0
     */
    default Tensor norm(double p, int[] dims, Keep keep) {
        return Magnitudes.inF32(self(), x -> Magnitudes.norm(x, p, dims, keep == Keep.KEEP));
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

    /** The largest elements along a dimension, which is removed, and the first position of each; NaN counts as largest. */
    default Indexed max(int dim) {
        return max(dim, Keep.REMOVE);
    }

    /** The largest elements along a dimension and the first position of each; NaN counts as largest. */
    default Indexed max(int dim, Keep keep) {
        return extreme(dim, keep, argmax(dim, Keep.KEEP));
    }

    /** The smallest elements along a dimension, which is removed, and the first position of each; NaN counts as smallest. */
    default Indexed min(int dim) {
        return min(dim, Keep.REMOVE);
    }

    /** The smallest elements along a dimension and the first position of each; NaN counts as smallest. */
    default Indexed min(int dim, Keep keep) {
        return extreme(dim, keep, argmin(dim, Keep.KEEP));
    }

    private Indexed extreme(int dim, Keep keep, Tensor indices) {
        Tensor values = self().gather(dim, indices);
        return keep == Keep.KEEP
                ? new Indexed(values, indices)
                : new Indexed(values.squeeze(dim), indices.squeeze(dim));
    }

    /** The elements sorted along a dimension, stably, in ascending order. */
    default Indexed sort(int dim) {
        return sort(dim, false);
    }

    /** The elements sorted along a dimension, stably. */
    default Indexed sort(int dim, boolean descending) {
        Tensor[] results = Tensor.applyAll(new Sort(self().shape().dim(dim, "sort"), descending), self());
        return new Indexed(results[0], results[1]);
    }

    /** The positions that sort a dimension, stably, in ascending order. */
    default Tensor argsort(int dim) {
        return argsort(dim, false);
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
