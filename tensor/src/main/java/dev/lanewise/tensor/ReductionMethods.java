package dev.lanewise.tensor;

import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Reduce.Kind;
import dev.lanewise.tensor.op.reduce.Scan;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums and other reductions of a {@link Tensor}, and running ones. Without dimensions a reduction takes all of them; a given
 * list of dimensions is taken as it is, so an empty one reduces nothing. A dimension that is not there, or is named twice, is
 * a {@link TensorException}.
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

    /** Running sums along a dimension. */
    default Tensor cumsum(int dim) {
        return self().apply(new Scan(Scan.Kind.CUMSUM, self().shape().dim(dim, "cumsum"), false));
    }

    /** Running products along a dimension. */
    default Tensor cumprod(int dim) {
        return self().apply(new Scan(Scan.Kind.CUMPROD, self().shape().dim(dim, "cumprod"), false));
    }
}
