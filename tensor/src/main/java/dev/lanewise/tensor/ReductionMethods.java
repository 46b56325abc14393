package dev.lanewise.tensor;

import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Reduce.Kind;
import dev.lanewise.tensor.op.reduce.Scan;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums and other reductions of a {@link Tensor}, and running ones. Without dimensions a reduction takes all of them; a
 * given list of dimensions is taken as it is, so an empty one reduces nothing. A dimension that does not exist, or is
 * named twice, causes a {@link TensorException}.
 */
public sealed interface ReductionMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor reduce(Kind kind, int[] dims, Keep keep) {
        Shape shape = self().shape();
        shape.checkDims(kind.opName(), dims);
        List<Integer> sorted = Arrays.stream(dims)
                .map(dim -> shape.dim(dim, kind.opName()))
                .sorted()
                .boxed()
                .toList();
        return self().apply(new Reduce(kind, sorted, keep.stays()));
    }

    private int[] allDims() {
        return IntStream.range(0, self().shape().rank()).toArray();
    }

    /** {@return the sum of all elements: a scalar} */
    default Tensor sum() {
        return reduce(Kind.SUM, allDims(), Keep.REMOVE);
    }

    /**
     * {@return the sum along dimensions, which are removed; if none is given, nothing is reduced}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice
     */
    default Tensor sum(int... dims) {
        return reduce(Kind.SUM, dims, Keep.REMOVE);
    }

    /**
     * {@return the sum along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension
     */
    default Tensor sum(int dim, Keep keep) {
        return reduce(Kind.SUM, new int[] {dim}, keep);
    }

    /**
     * {@return the sum along dimensions, which stay with size 1 or are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice
     */
    default Tensor sum(int[] dims, Keep keep) {
        return reduce(Kind.SUM, dims, keep);
    }

    /**
     * {@return the mean of all elements: a scalar}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor mean() {
        return reduce(Kind.MEAN, allDims(), Keep.REMOVE);
    }

    /**
     * {@return the mean along dimensions, which are removed; if none is given, nothing is reduced}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor mean(int... dims) {
        return reduce(Kind.MEAN, dims, Keep.REMOVE);
    }

    /**
     * {@return the mean along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor mean(int dim, Keep keep) {
        return reduce(Kind.MEAN, new int[] {dim}, keep);
    }

    /**
     * {@return the mean along dimensions, which stay with size 1 or are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor mean(int[] dims, Keep keep) {
        return reduce(Kind.MEAN, dims, keep);
    }

    /**
     * {@return the product of all elements: a scalar}
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor prod() {
        return reduce(Kind.PROD, allDims(), Keep.REMOVE);
    }

    /**
     * {@return the product along dimensions, which are removed; if none is given, nothing is reduced}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor prod(int... dims) {
        return reduce(Kind.PROD, dims, Keep.REMOVE);
    }

    /**
     * {@return the product along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor prod(int dim, Keep keep) {
        return reduce(Kind.PROD, new int[] {dim}, keep);
    }

    /**
     * {@return the product along dimensions, which stay with size 1 or are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor prod(int[] dims, Keep keep) {
        return reduce(Kind.PROD, dims, keep);
    }

    /**
     * {@return the largest of all elements: a scalar} NaN if there is one.
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor amax() {
        return reduce(Kind.AMAX, allDims(), Keep.REMOVE);
    }

    /**
     * {@return the largest element along dimensions, which are removed; if none is given, nothing is reduced} NaN if
     * there is one.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor amax(int... dims) {
        return reduce(Kind.AMAX, dims, Keep.REMOVE);
    }

    /**
     * {@return the largest element along a dimension, which stays with size 1 or is removed} NaN if there is one.
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor amax(int dim, Keep keep) {
        return reduce(Kind.AMAX, new int[] {dim}, keep);
    }

    /**
     * {@return the largest element along dimensions, which stay with size 1 or are removed} NaN if there is one.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor amax(int[] dims, Keep keep) {
        return reduce(Kind.AMAX, dims, keep);
    }

    /**
     * {@return the smallest of all elements: a scalar} NaN if there is one.
     *
     * @throws TensorException if the type is BOOL
     */
    default Tensor amin() {
        return reduce(Kind.AMIN, allDims(), Keep.REMOVE);
    }

    /**
     * {@return the smallest element along dimensions, which are removed; if none is given, nothing is reduced} NaN if
     * there is one.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor amin(int... dims) {
        return reduce(Kind.AMIN, dims, Keep.REMOVE);
    }

    /**
     * {@return the smallest element along a dimension, which stays with size 1 or is removed} NaN if there is one.
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor amin(int dim, Keep keep) {
        return reduce(Kind.AMIN, new int[] {dim}, keep);
    }

    /**
     * {@return the smallest element along dimensions, which stay with size 1 or are removed} NaN if there is one.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor amin(int[] dims, Keep keep) {
        return reduce(Kind.AMIN, dims, keep);
    }

    /** {@return whether any element is not 0: a scalar of type {@link DType#BOOL}} */
    default Tensor any() {
        return reduce(Kind.ANY, allDims(), Keep.REMOVE);
    }

    /**
     * {@return whether any element along dimensions is not 0, of type {@link DType#BOOL}; the dimensions are removed,
     * and if none is given, nothing is reduced}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice
     */
    default Tensor any(int... dims) {
        return reduce(Kind.ANY, dims, Keep.REMOVE);
    }

    /**
     * {@return whether any element along a dimension is not 0, of type {@link DType#BOOL}; the dimension stays with
     * size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension
     */
    default Tensor any(int dim, Keep keep) {
        return reduce(Kind.ANY, new int[] {dim}, keep);
    }

    /**
     * {@return whether any element along dimensions is not 0, of type {@link DType#BOOL}; the dimensions stay with size
     * 1 or are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice
     */
    default Tensor any(int[] dims, Keep keep) {
        return reduce(Kind.ANY, dims, keep);
    }

    /** {@return whether no element is 0: a scalar of type {@link DType#BOOL}} */
    default Tensor all() {
        return reduce(Kind.ALL, allDims(), Keep.REMOVE);
    }

    /**
     * {@return whether no element along dimensions is 0, of type {@link DType#BOOL}; the dimensions are removed, and if
     * none is given, nothing is reduced}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice
     */
    default Tensor all(int... dims) {
        return reduce(Kind.ALL, dims, Keep.REMOVE);
    }

    /**
     * {@return whether no element along a dimension is 0, of type {@link DType#BOOL}; the dimension stays with size 1
     * or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension
     */
    default Tensor all(int dim, Keep keep) {
        return reduce(Kind.ALL, new int[] {dim}, keep);
    }

    /**
     * {@return whether no element along dimensions is 0, of type {@link DType#BOOL}; the dimensions stay with size 1 or
     * are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice
     */
    default Tensor all(int[] dims, Keep keep) {
        return reduce(Kind.ALL, dims, keep);
    }

    /**
     * {@return the running sums along a dimension: each element is the sum of those up to it}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor cumsum(int dim) {
        return self().apply(new Scan(Scan.Kind.CUMSUM, self().shape().dim(dim, "cumsum"), false));
    }

    /**
     * {@return the running products along a dimension: each element is the product of those up to it}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor cumprod(int dim) {
        return self().apply(new Scan(Scan.Kind.CUMPROD, self().shape().dim(dim, "cumprod"), false));
    }
}
