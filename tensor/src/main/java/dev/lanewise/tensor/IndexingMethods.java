package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Positions;
import dev.lanewise.tensor.internal.Sizes;
import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * Joins, picks and places elements of a {@link Tensor}. Positions are {@link DType#I64} or {@link DType#I32}, from 0.
 */
public sealed interface IndexingMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the parts of the given size along a dimension; the last may be smaller}
     *
     * @param size the size of every part but perhaps the last, 1 or more
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or the size is not above 0
     */
    default List<Tensor> split(long size, int dim) {
        if (size < 1) {
            throw new TensorException("split: size " + size + " (expected 1 or more); check the size");
        }
        List<Tensor> parts = new ArrayList<>();
        long total = self().shape().size(dim);
        for (long start = 0; start < total; start += size) {
            parts.add(self().narrow(dim, start, Math.min(size, total - start)));
        }
        return parts;
    }

    /**
     * {@return the slices of a dimension at the given positions; the positions' shape takes the dimension's place} For
     * a matrix and {@code dim} 0 these are rows, as in an embedding.
     *
     * @param dim the dimension; negative numbers count from the end
     * @param index positions from 0, of {@link DType#I64} or {@link DType#I32} and any shape
     * @throws TensorException if a position is outside the dimension
     */
    default Tensor indexSelect(int dim, Tensor index) {
        Tensor positions = Positions.wide("index_select", "positions", index);
        return Tensor.apply(new IndexSelect(self().shape().dim(dim, "index_select")), self(), positions);
    }

    /**
     * For each position, the element with the same coordinates except along one dimension, where the position is used:
     * {@code out[i][j] = this[index[i][j]][j]} for a matrix and {@code dim} 0.
     *
     * @param dim the dimension; negative numbers count from the end
     * @param index positions from 0, of {@link DType#I64} or {@link DType#I32} and of this tensor's rank; its shape is the
     *     result's
     * @return a tensor of the shape of the index and this tensor's type
     * @throws TensorException if a position is outside the dimension, or the index is larger than this tensor in
     *     another dimension
     */
    default Tensor gather(int dim, Tensor index) {
        Tensor positions = Positions.wide("gather", "positions", index);
        return Tensor.apply(new Gather(self().shape().dim(dim, "gather")), self(), positions);
    }

    /**
     * A copy in which elements of another tensor replace those at given positions of one dimension, the inverse of
     * {@link #gather}: {@code out[index[i][j]][j] = source[i][j]} for a matrix and {@code dim} 0. Where a position occurs
     * more than once, the last element in row-major order is kept, on every device.
     *
     * @param dim the dimension that the positions are in; negative numbers count from the end
     * @param index {@link DType#I64} or {@link DType#I32} positions from 0, of this tensor's rank; its sizes in the other
     *     dimensions are at most this tensor's
     * @param source the elements, of this tensor's type and of the shape of {@code index}
     * @return a tensor of this one's shape and type
     * @throws TensorException if shapes or types don't match, or a position is outside the dimension
     */
    default Tensor scatter(int dim, Tensor index, Tensor source) {
        return Positions.scatter(Scatter.Kind.SET, self(), dim, index, source);
    }

    /**
     * A copy with elements of another tensor added at given positions of one dimension:
     * {@code out[index[i][j]][j] += source[i][j]} for a matrix and {@code dim} 0. Elements for the same place are added
     * in row-major order, so the result is the same in every run, bit for bit. For other ways to combine them see
     * {@link Tensor#scatterReduce scatterReduce}.
     *
     * @param dim the dimension that the positions are in; negative numbers count from the end
     * @param index {@link DType#I64} or {@link DType#I32} positions from 0, of this tensor's rank; its sizes in the other
     *     dimensions are at most this tensor's
     * @param source the elements, of this tensor's type (numbers) and of the shape of {@code index}
     * @return a tensor of this one's shape and type
     * @throws TensorException if shapes or types don't match, or a position is outside the dimension
     */
    default Tensor scatterAdd(int dim, Tensor index, Tensor source) {
        return Positions.scatter(Scatter.Kind.ADD, self(), dim, index, source);
    }

    /**
     * This tensor surrounded by a constant, or cropped where a number is negative.
     *
     * @param value the constant, as a whole number for integers
     * @param pads how many elements before and after the last dimension, then before and after the one before it, and
     *     so on
     * @return a new tensor of this one's type
     * @throws TensorException if the numbers are not two for each padded dimension, or crop more than there is, or the
     *     type does not hold the constant
     */
    default Tensor pad(double value, long... pads) {
        DType dtype = self().dtype();
        return padded(dtype.isFloating() ? value : WholeNumbers.element("pad", dtype, value), pads);
    }

    /**
     * This tensor surrounded by a constant that is exact for integers, or cropped where a number is negative.
     *
     * @param value the constant, in the range of this tensor's type
     * @param pads how many elements before and after the last dimension, then before and after the one before it, and
     *     so on
     * @return a new tensor of this one's type
     * @throws TensorException if the numbers are not two for each padded dimension, or crop more than there is, or the
     *     type does not hold the constant
     */
    default Tensor pad(long value, long... pads) {
        DType dtype = self().dtype();
        if (!dtype.isFloating()) {
            WholeNumbers.element("pad", dtype, value);
        }
        // the operation's constant is a double; integers that wrap can be moved there and back
        return dtype == DType.I64 && !WholeNumbers.isExact(value)
                ? ((IndexingMethods) self().sub(value)).padded(0, pads).add(value)
                : padded(value, pads);
    }

    private Tensor padded(double constant, long... pads) {
        int rank = self().shape().rank();
        if (pads.length % 2 != 0 || pads.length > 2 * rank) {
            throw new TensorException("pad: " + Arrays.toString(pads) + " for " + self().spec()
                    + " (expected two numbers for each of up to " + rank + " dimensions); check the list");
        }
        Tensor x = self();
        List<Long> before = new ArrayList<>(Collections.nCopies(rank, 0L));
        List<Long> after = new ArrayList<>(Collections.nCopies(rank, 0L));
        for (int i = 0; i < pads.length / 2; i++) {
            int dim = rank - 1 - i;
            long front = pads[2 * i];
            long back = pads[2 * i + 1];
            if (front == Long.MIN_VALUE || back == Long.MIN_VALUE) {
                throw new TensorException("pad: " + Arrays.toString(pads) + " for " + self().spec()
                        + " (expected amounts that have an opposite); check the list");
            }
            if (front < 0 || back < 0) {
                long start = Math.max(-front, 0);
                long left = x.shape().size(dim) - start;
                long cut = Math.max(-back, 0);
                if (left < cut) {
                    throw new TensorException("pad: " + Arrays.toString(pads) + " for " + self().spec()
                            + " (expected negative amounts that cut off no more than the "
                            + x.shape().size(dim)
                            + " elements of dimension " + dim + "); cut off fewer");
                }
                x = x.narrow(dim, start, left - cut);
            }
            before.set(dim, Math.max(front, 0));
            after.set(dim, Math.max(back, 0));
        }
        return x.apply(new Pad(before, after, constant));
    }

    /**
     * This tensor surrounded by its own elements mirrored at the edges, which are not repeated: {@code [a, b, c]}
     * padded by 2 is {@code [c, b, a, b, c, b, a]}.
     *
     * @param pads how many elements before and after the last dimension, then before and after the one before it, and
     *     so on; each less than the dimension's size
     * @return a new tensor of this one's type
     * @throws TensorException if the numbers are not two for each padded dimension, or not smaller than it
     */
    default Tensor padReflect(long... pads) {
        return padFromInside("pad_reflect", pads, 1, (i, size) -> {
            Tensor mirrored = i.abs();
            return mirrored.minimum(mirrored.rsub(2 * (size - 1)));
        });
    }

    /**
     * This tensor surrounded by its outermost elements: {@code [a, b, c]} padded by 2 is {@code [a, a, a, b, c, c, c]}.
     *
     * @param pads how many elements before and after the last dimension, then before and after the one before it, and
     *     so on
     * @return a new tensor of this one's type
     * @throws TensorException if the numbers are not two for each padded dimension, or a dimension is empty
     */
    default Tensor padReplicate(long... pads) {
        return padFromInside("pad_replicate", pads, Long.MIN_VALUE, (i, size) -> i.clamp(0, size - 1));
    }

    private Tensor padFromInside(String op, long[] pads, long room, BiFunction<Tensor, Long, Tensor> source) {
        Tensor x = self();
        for (int i = 0; i < pads.length; i += 2) {
            int dim = x.shape().rank() - 1 - i / 2;
            long front = pads[i];
            long back = i + 1 < pads.length ? pads[i + 1] : -1;
            long size = dim < 0 ? 0 : x.shape().size(dim);
            long most = room > 0 ? size - room : Long.MAX_VALUE;
            if (size == 0 || front < 0 || back < 0 || front > most || back > most) {
                throw new TensorException(op + ": " + Arrays.toString(pads) + " for " + self().spec()
                        + " (expected two numbers of 0 or more for each dimension"
                        + (room > 0 ? ", each less than its size" : "") + "); check the list");
            }
            TensorSpec places = new TensorSpec(DType.I64, Shape.of(Sizes.add(op, size, Sizes.add(op, front, back))));
            Tensor positions = Tensor.create(new Source.Range(-front, 1, places), x.device());
            x = x.indexSelect(dim, source.apply(positions, size));
        }
        return x;
    }

    /**
     * {@return this tensor with the order of elements reversed along the given dimensions}
     *
     * @param dims the dimensions to reverse; negative numbers count from the end
     * @throws TensorException if there is no such dimension, or one is named twice
     */
    default Tensor flip(int... dims) {
        Objects.requireNonNull(dims, "dims");
        self().shape().checkDims("flip", dims);
        Tensor x = self();
        for (int dim : dims) {
            long size = x.shape().size(dim);
            Tensor reversed = Tensor.create(
                    new Source.Range(size - 1, -1, new TensorSpec(DType.I64, Shape.of(size))), x.device());
            x = x.indexSelect(dim, reversed);
        }
        return x;
    }

    /**
     * {@return the elements shifted along a dimension; those that leave at one end come in at the other}
     *
     * @param shift how far elements move towards the end; negative numbers move them towards the beginning
     * @param dim the dimension; negative numbers count from the end
     * @throws TensorException if there is no such dimension
     */
    default Tensor roll(long shift, int dim) {
        long size = self().shape().size(dim);
        long split = size == 0 ? 0 : Math.floorMod(-(shift % size), size);
        return split == 0
                ? self()
                : Tensor.cat(dim, self().narrow(dim, split, size - split), self().narrow(dim, 0, split));
    }

    /**
     * {@return the tensor repeated along its dimensions; if there are more numbers than dimensions, leading dimensions
     * are added}
     *
     * @param times how often each dimension is repeated, the last number for the last dimension
     * @throws TensorException if there are fewer numbers than dimensions, or one is negative
     */
    default Tensor repeat(long... times) {
        int added = times.length - self().shape().rank();
        if (added < 0) {
            throw new TensorException("repeat: " + Arrays.toString(times) + " for " + self().spec()
                    + " (expected a number for each dimension); add ones in front");
        }
        long[] separated = new long[2 * times.length];
        long[] expanded = new long[2 * times.length];
        long[] merged = new long[times.length];
        for (int d = 0; d < times.length; d++) {
            long size = d < added ? 1 : self().shape().size(d - added);
            separated[2 * d] = 1;
            separated[2 * d + 1] = size;
            expanded[2 * d] = times[d];
            expanded[2 * d + 1] = size;
            merged[d] = Sizes.multiply("repeat", times[d], size);
        }
        return self().reshape(Shape.of(separated)).expand(Shape.of(expanded)).reshape(Shape.of(merged));
    }

    /**
     * {@return the lower triangle of the last two dimensions with the main diagonal, and zeros elsewhere}
     *
     * @throws TensorException if the tensor has fewer than two dimensions
     */
    default Tensor tril() {
        return tril(0);
    }

    /**
     * {@return the lower triangle of the last two dimensions, with zeros elsewhere; diagonal 0 is the main one}
     *
     * @param diagonal the last diagonal that is kept: positive numbers are above the main one
     * @throws TensorException if the tensor has fewer than two dimensions
     */
    default Tensor tril(long diagonal) {
        return triangle(diagonal, true);
    }

    /**
     * {@return the upper triangle of the last two dimensions with the main diagonal, and zeros elsewhere}
     *
     * @throws TensorException if the tensor has fewer than two dimensions
     */
    default Tensor triu() {
        return triu(0);
    }

    /**
     * {@return the upper triangle of the last two dimensions, with zeros elsewhere; diagonal 0 is the main one}
     *
     * @param diagonal the first diagonal that is kept: positive numbers are above the main one
     * @throws TensorException if the tensor has fewer than two dimensions
     */
    default Tensor triu(long diagonal) {
        return triangle(diagonal, false);
    }

    private Tensor triangle(long diagonal, boolean lower) {
        Tensor rows = Tensor.arange(self().shape().size(-2), DType.I64, self().device())
                .unsqueeze(1)
                .add(Math.max(
                        -self().shape().size(-2),
                        Math.min(diagonal, self().shape().size(-1))));
        Tensor columns = Tensor.arange(self().shape().size(-1), DType.I64, self().device());
        Tensor kept = lower ? columns.le(rows) : columns.ge(rows);
        return kept.where(self(), Tensor.full(0, self().dtype(), self().device()));
    }

    /**
     * {@return one-hot vectors of class numbers: {@code [...] -> [..., classes]} of type {@link DType#I64}} Waits for the
     * device.
     *
     * @param classes how many classes there are
     * @throws TensorException if a number is below 0, or not below {@code classes}
     */
    default Tensor oneHot(long classes) {
        if (classes < 0) {
            throw new TensorException("one_hot: " + classes + " classes (expected 0 or more); check the number");
        }
        Tensor chosen = Positions.wide("one_hot", "classes", self());
        Positions.check("one_hot", chosen, classes);
        Tensor numbers = Tensor.arange(classes, DType.I64, self().device());
        return chosen.unsqueeze(-1).eq(numbers).to(DType.I64);
    }
}
