package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Magnitudes;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Sort;
import java.util.Objects;

/**
 * Extremes, their positions, and sorting of a {@link Tensor}. Positions are of type {@link DType#I64}; NaN counts as larger
 * than every number when elements are sorted, and as the extreme wherever one is looked for.
 */
public sealed interface OrderMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the position of the first largest of all elements in row-major order, {@link DType#I64}; that of a NaN if
     * there is one}
     *
     * @throws TensorException if the type is BOOL, or the tensor is empty
     */
    default Tensor argmax() {
        return self().flatten().argmax(0);
    }

    /**
     * {@return the position of the first largest element along a dimension, which is removed; {@link DType#I64}}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor argmax(int dim) {
        return argmax(dim, Keep.REMOVE);
    }

    /**
     * {@return the position of the first largest element along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor argmax(int dim, Keep keep) {
        int d = self().shape().dim(dim, "argmax");
        return self().apply(new ArgReduce(ArgReduce.Kind.ARGMAX, d, keep.stays()));
    }

    /**
     * {@return the position of the first smallest of all elements in row-major order, {@link DType#I64}; that of a NaN if
     * there is one}
     *
     * @throws TensorException if the type is BOOL, or the tensor is empty
     */
    default Tensor argmin() {
        return self().flatten().argmin(0);
    }

    /**
     * {@return the position of the first smallest element along a dimension, which is removed; {@link DType#I64}}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor argmin(int dim) {
        return argmin(dim, Keep.REMOVE);
    }

    /**
     * {@return the position of the first smallest element along a dimension, which stays with size 1 or is removed}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Tensor argmin(int dim, Keep keep) {
        int d = self().shape().dim(dim, "argmin");
        return self().apply(new ArgReduce(ArgReduce.Kind.ARGMIN, d, keep.stays()));
    }

    /**
     * Elements that were picked or sorted, and the positions at which they were before.
     *
     * @param values the values
     * @param indices positions, {@link DType#I64}
     */
    record Indexed(Tensor values, Tensor indices) {
        /** Holds the given values, none of which may be null. */
        public Indexed {
            Objects.requireNonNull(values, "values");
            Objects.requireNonNull(indices, "indices");
        }
    }

    /**
     * {@return the largest of all elements, a scalar, as {@link Tensor#amax() amax}; NaN if one is NaN}
     *
     * @throws TensorException if the type is BOOL, or the tensor is empty
     */
    default Tensor max() {
        return self().amax();
    }

    /**
     * {@return the smallest of all elements, a scalar, as {@link Tensor#amin() amin}; NaN if one is NaN}
     *
     * @throws TensorException if the type is BOOL, or the tensor is empty
     */
    default Tensor min() {
        return self().amin();
    }

    /**
     * {@return the largest elements along a dimension, which is removed, and the first position of each; NaN counts as
     * largest}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Indexed max(int dim) {
        return max(dim, Keep.REMOVE);
    }

    /**
     * {@return the largest elements along a dimension and the first position of each; NaN counts as largest}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Indexed max(int dim, Keep keep) {
        return extreme(dim, keep, argmax(self().shape().dim(dim, "max"), Keep.KEEP));
    }

    /**
     * {@return the smallest elements along a dimension, which is removed, and the first position of each; NaN counts as
     * smallest}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Indexed min(int dim) {
        return min(dim, Keep.REMOVE);
    }

    /**
     * {@return the smallest elements along a dimension and the first position of each; NaN counts as smallest}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if there is no such dimension, or the type is BOOL
     */
    default Indexed min(int dim, Keep keep) {
        return extreme(dim, keep, argmin(self().shape().dim(dim, "min"), Keep.KEEP));
    }

    private Indexed extreme(int dim, Keep keep, Tensor indices) {
        Tensor values = self().gather(dim, indices);
        return keep.stays() ? new Indexed(values, indices) : new Indexed(values.squeeze(dim), indices.squeeze(dim));
    }

    /**
     * {@return the elements sorted along a dimension, stably, in ascending order}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension
     */
    default Indexed sort(int dim) {
        return sort(dim, false);
    }

    /**
     * {@return the elements sorted along a dimension, stably}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param descending whether the largest element comes first
     * @throws TensorException if there is no such dimension
     */
    default Indexed sort(int dim, boolean descending) {
        Tensor[] results = Tensor.applyAll(new Sort(self().shape().dim(dim, "sort"), descending), self());
        return new Indexed(results[0], results[1]);
    }

    /**
     * {@return the positions that sort a dimension, stably, in ascending order}
     *
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension
     */
    default Tensor argsort(int dim) {
        return argsort(dim, false);
    }

    /**
     * {@return the positions that sort a dimension, stably}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param descending whether the largest element comes first
     * @throws TensorException if there is no such dimension
     */
    default Tensor argsort(int dim, boolean descending) {
        return sort(self().shape().dim(dim, "argsort"), descending).indices();
    }

    /**
     * {@return the k largest elements along a dimension, in descending order, and their positions}
     *
     * @param k how many elements, at most the dimension's size
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or k is negative or larger than it
     */
    default Indexed topk(long k, int dim) {
        return topk(k, dim, true);
    }

    /**
     * {@return the k largest (or smallest) elements along a dimension, in order, and their positions}
     *
     * @param k how many elements, at most the dimension's size
     * @param dim the dimension; negative numbers count from the end
     * @param largest whether the largest elements are taken, in descending order, rather than the smallest
     * @throws TensorException if there is no such dimension, or k is negative or larger than it
     */
    default Indexed topk(long k, int dim, boolean largest) {
        int d = self().shape().dim(dim, "topk");
        long size = self().shape().size(d);
        if (k < 0 || k > size) {
            throw new TensorException("topk: " + k + " of " + size + " elements along dimension " + dim + " of "
                    + self().spec() + " (expected 0 to " + size + "); take fewer");
        }
        Indexed sorted = sort(d, largest);
        return new Indexed(sorted.values().narrow(d, 0, k), sorted.indices().narrow(d, 0, k));
    }

    /**
     * {@return the number below which a part of all elements lies: a scalar; NaN if there is a NaN}
     *
     * @param q the part, from 0 to 1: 0.5 for the median
     * @throws TensorException if the part is out of range, the type is not floating-point, or the tensor is empty
     */
    default Tensor quantile(double q) {
        return self().flatten().quantile(q, 0);
    }

    /**
     * {@return the numbers below which a part of the elements along a dimension lies, which is removed}
     *
     * @param q the part, from 0 to 1: 0.5 for the median
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if the part is out of range, the type is not floating-point, or there is no such dimension or it
     *     is empty
     */
    default Tensor quantile(double q, int dim) {
        return quantile(q, dim, Keep.REMOVE);
    }

    /**
     * {@return the numbers below which a part of the elements along a dimension lies; NaN where there is a NaN} Of n sorted
     * elements it is the one at place {@code q (n - 1)}, between two places by linear interpolation, as in NumPy and PyTorch.
     * 16-bit types are computed in F32.
     *
     * @param q the part, from 0 to 1: 0.5 for the median
     * @param dim the dimension; negative numbers count from the end
     * @param keep whether reduced dimensions stay with size 1
     * @throws TensorException if the part is out of range, the type is not floating-point, or there is no such dimension or it
     *     is empty
     */
    default Tensor quantile(double q, int dim, Keep keep) {
        Tensor x = self();
        int d = x.shape().dim(dim, "quantile");
        if (!(q >= 0 && q <= 1)) {
            throw new TensorException("quantile: a part of " + q + " (expected 0 to 1); divide percent by 100?");
        }
        if (!x.dtype().isFloating() || x.shape().size(d) == 0) {
            throw new TensorException("quantile: " + x.spec() + " along dimension " + dim
                    + " (expected one or more elements of a floating-point type); cast with to(DType.F32)?");
        }
        return Magnitudes.inF32(x, wide -> Magnitudes.quantile(wide, q, d, keep.stays()));
    }
}
