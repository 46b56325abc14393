package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Magnitudes;
import java.util.stream.IntStream;

/**
 * Variances, norms and log-sums of a {@link Tensor}, of floating-point types. Without dimensions they take all of them.
 * A dimension that does not exist, or is named twice, causes a {@link TensorException}.
 */
public sealed interface StatisticsMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /** Errors name the method rather than the operations that it is made of. */
    private void check(String op, boolean onlyFloating, int... dims) {
        self().shape().checkDims(op, dims);
        if (onlyFloating && !self().dtype().isFloating()) {
            throw new TensorException(op + ": does not take " + self().spec()
                    + " (expected one of F32, F64, F16, BF16); cast with to(DType.F32)");
        }
    }

    private int[] allDims() {
        return IntStream.range(0, self().shape().rank()).toArray();
    }

    /**
     * {@return the logarithm of the sum of exponentials of all elements: a scalar}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor logSumExp() {
        return logSumExp(allDims(), Keep.REMOVE);
    }

    /**
     * {@return the logarithm of the sum of exponentials along dimensions, which are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor logSumExp(int... dims) {
        return logSumExp(dims, Keep.REMOVE);
    }

    /**
     * {@return the logarithm of the sum of exponentials along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor logSumExp(int dim, Keep keep) {
        return logSumExp(new int[] {dim}, keep);
    }

    /**
     * {@return the logarithm of the sum of exponentials along dimensions, computed from {@code x - max(x)}; of nothing it is
     * negative infinity}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor logSumExp(int[] dims, Keep keep) {
        check("log_sum_exp", true, dims);
        if (self().shape().isEmpty()) {
            return self().sum(dims, keep).log();
        }
        Tensor max = self().amax(dims, Keep.KEEP);
        Tensor finite = max.abs().eq(Double.POSITIVE_INFINITY).where(max.zerosLike(), max);
        Tensor sum = self().sub(finite).exp().sum(dims, Keep.KEEP).log().add(finite);
        return keep.stays() ? sum : sum.squeeze(dims);
    }

    /**
     * {@return the unbiased variance of all elements (divisor n - 1): a scalar}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor var() {
        return var(allDims(), 1, Keep.REMOVE);
    }

    /**
     * {@return the unbiased variance along dimensions (divisor n - 1), which are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor var(int... dims) {
        return var(dims, 1, Keep.REMOVE);
    }

    /**
     * {@return the unbiased variance along a dimension (divisor n - 1), which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor var(int dim, Keep keep) {
        return var(new int[] {dim}, 1, keep);
    }

    /**
     * {@return the unbiased variance along dimensions (divisor n - 1), which stay with size 1 or are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor var(int[] dims, Keep keep) {
        return var(dims, 1, keep);
    }

    /**
     * {@return the variance along dimensions} 16-bit types are computed in F32.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param correction subtracted from the number of elements in the divisor: 1 for the unbiased estimate, 0 for the
     *     biased one
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor var(int[] dims, double correction, Keep keep) {
        check("var", true, dims);
        return Magnitudes.inF32(self(), x -> Magnitudes.var(x, dims, correction, keep.stays()));
    }

    /**
     * {@return the unbiased standard deviation of all elements (divisor n - 1): a scalar}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor std() {
        return std(allDims(), 1, Keep.REMOVE);
    }

    /**
     * {@return the unbiased standard deviation along dimensions (divisor n - 1), which are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor std(int... dims) {
        return std(dims, 1, Keep.REMOVE);
    }

    /**
     * {@return the unbiased standard deviation along a dimension (divisor n - 1), which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor std(int dim, Keep keep) {
        return std(new int[] {dim}, 1, keep);
    }

    /**
     * {@return the unbiased standard deviation along dimensions (divisor n - 1), which stay with size 1 or are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor std(int[] dims, Keep keep) {
        return std(dims, 1, keep);
    }

    /**
     * {@return the standard deviation along dimensions: the square root of {@link #var}, right even where the variance
     * is too large or too small for the type} Its gradient is 0 where it is 0. 16-bit types are computed in F32.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param correction subtracted from the number of elements in the divisor: 1 for the unbiased estimate, 0 for the
     *     biased one
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor std(int[] dims, double correction, Keep keep) {
        check("std", true, dims);
        return Magnitudes.inF32(self(), x -> Magnitudes.std(x, dims, correction, keep.stays()));
    }

    /**
     * {@return the Euclidean norm of all elements: a scalar}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor norm() {
        return norm(2, allDims(), Keep.REMOVE);
    }

    /**
     * {@return the Euclidean norm along dimensions, which are removed}
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor norm(int... dims) {
        return norm(2, dims, Keep.REMOVE);
    }

    /**
     * {@return the Euclidean norm along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is not floating-point
     */
    default Tensor norm(int dim, Keep keep) {
        return norm(2, new int[] {dim}, keep);
    }

    /**
     * {@return the Euclidean norm along dimensions, right even where squares are too large or too small for the type}
     * Its gradient is 0 where it is 0.
     *
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is not floating-point
     */
    default Tensor norm(int[] dims, Keep keep) {
        return norm(2, dims, keep);
    }

    /**
     * {@return the norm {@code (sum |x|^p)^(1/p)} along dimensions, right even where powers are too large or too small
     * for the type} Its gradient is 0 where the norm or an element is 0.
     *
     * @param p the order; positive infinity for the largest magnitude, negative infinity for the smallest, 0 for the
     *     number of elements that are not 0
     * @param dims the dimensions, each once; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension or one is named twice, or the type is BOOL
     */
    default Tensor norm(double p, int[] dims, Keep keep) {
        boolean takesIntegers = p == 0 || p == 1 || Double.isInfinite(p);
        check("norm", !takesIntegers || self().dtype() == DType.BOOL, dims);
        return Magnitudes.inF32(self(), x -> Magnitudes.norm(x, p, dims, keep.stays()));
    }
}
