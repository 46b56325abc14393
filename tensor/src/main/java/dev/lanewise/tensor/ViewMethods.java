package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.SliceText;
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Views of a {@link Tensor}: the same memory under other shapes. */
public sealed interface ViewMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the elements in row-major order under another shape; one size may be -1} Copies only if strides demand it.
     *
     * @param sizes the new sizes; one may be -1, which stands for what the others leave
     * @throws TensorException if the sizes do not have as many elements, or more than one is -1
     */
    default Tensor reshape(long... sizes) {
        int open = -1;
        long product = 1;
        for (int d = 0; d < sizes.length; d++) {
            if (sizes[d] == -1 && open >= 0) {
                throw new TensorException("reshape: " + self().spec() + " to " + Arrays.toString(sizes)
                        + " with more than one -1 (expected one at most); give the other sizes");
            }
            if (sizes[d] == -1) {
                open = d;
            } else {
                product *= sizes[d];
            }
        }
        long[] full = sizes.clone();
        if (open >= 0) {
            long elements = self().shape().elements();
            if (product == 0 || elements % product != 0) {
                throw new TensorException("reshape: " + self().spec() + " has " + elements + " elements, "
                        + Arrays.toString(sizes) + " needs a multiple of " + product + "; check the sizes");
            }
            full[open] = elements / product;
        }
        return reshape(Shape.of(full));
    }

    /**
     * {@return the elements in row-major order under another shape} Copies only if strides demand it.
     *
     * @param shape the new sizes
     * @throws TensorException if the sizes do not have as many elements, or more than one is -1
     */
    default Tensor reshape(Shape shape) {
        return shape.equals(self().shape()) ? self() : self().apply(new Reshape(shape));
    }

    /**
     * {@return this tensor with its dimensions in another order}
     *
     * @param dims for each dimension of the result, the dimension of this tensor that it is; each once
     * @throws TensorException if not every dimension is named once
     */
    default Tensor permute(int... dims) {
        Objects.requireNonNull(dims, "dims");
        return self().apply(new Permute(Arrays.stream(dims)
                .map(dim -> self().shape().dim(dim, "permute"))
                .boxed()
                .toList()));
    }

    /**
     * {@return this tensor with its last two dimensions exchanged}
     *
     * @throws TensorException if the tensor has fewer than two dimensions
     */
    default Tensor transpose() {
        return transpose(-1, -2);
    }

    /**
     * {@return this tensor with two dimensions exchanged, as a view}
     *
     * @param dim0 one of the dimensions; negative numbers count from the end
     * @param dim1 the other one
     * @throws TensorException if there is no such dimension
     */
    default Tensor transpose(int dim0, int dim1) {
        List<Integer> dims = IntStream.range(0, self().shape().rank()).boxed().collect(Collectors.toList());
        Collections.swap(
                dims, self().shape().dim(dim0, "transpose"), self().shape().dim(dim1, "transpose"));
        return self().apply(new Permute(dims));
    }

    /**
     * {@return this tensor with dimensions of size 1 repeated, and new leading ones added, without copying}
     *
     * @param sizes the new sizes, for leading dimensions too; -1 keeps a size
     * @throws TensorException if another dimension than one of size 1 would grow
     */
    default Tensor expand(long... sizes) {
        int added = sizes.length - self().shape().rank();
        long[] full = sizes.clone();
        for (int d = Math.max(added, 0); d < full.length; d++) {
            full[d] = full[d] == -1 ? self().shape().size(d - added) : full[d];
        }
        return expand(Shape.of(full));
    }

    /**
     * {@return this tensor with dimensions of size 1 repeated, and new leading ones added, without copying}
     *
     * @param shape the new sizes
     * @throws TensorException if another dimension than one of size 1 would grow
     */
    default Tensor expand(Shape shape) {
        return shape.equals(self().shape()) ? self() : self().apply(new Expand(shape));
    }

    /** {@return this tensor without its dimensions of size 1} */
    default Tensor squeeze() {
        return reshape(Arrays.stream(self().shape().toArray())
                .filter(size -> size != 1)
                .toArray());
    }

    /**
     * {@return this tensor without those of the given dimensions that have size 1}
     *
     * @param dims the dimensions to remove; negative numbers count from the end
     * @throws TensorException if there is no such dimension
     */
    default Tensor squeeze(int... dims) {
        Objects.requireNonNull(dims, "dims");
        Shape shape = self().shape();
        boolean[] drop = new boolean[shape.rank()];
        for (int dim : dims) {
            int d = shape.dim(dim, "squeeze");
            drop[d] = shape.size(d) == 1;
        }
        return reshape(Shape.of(IntStream.range(0, drop.length)
                .filter(d -> !drop[d])
                .mapToLong(shape::size)
                .toArray()));
    }

    /**
     * {@return this tensor with a new dimension of size 1 at the given place, from 0 to the rank, or from -1 (after the last)
     * backwards}
     *
     * @param dim the place of the new dimension in the result
     * @throws TensorException if there is no such place
     */
    default Tensor unsqueeze(int dim) {
        int rank = self().shape().rank();
        int d = dim < 0 ? dim + rank + 1 : dim;
        if (d < 0 || d > rank) {
            throw new TensorException("unsqueeze: no place " + dim + " for a dimension in " + self().spec()
                    + " (expected " + (-rank - 1) + " to " + rank + "); check the place");
        }
        return reshape(self().shape().insert(d, 1));
    }

    /** {@return all elements in a single dimension, in row-major order} */
    default Tensor flatten() {
        return reshape(-1);
    }

    /**
     * Merges the dimensions from the given one to the last into one.
     *
     * @param startDim the first dimension to merge; negative numbers count from the end
     * @return the elements in row-major order; a view where strides allow it
     * @throws TensorException if there is no such dimension, or the first comes after the last
     */
    default Tensor flatten(int startDim) {
        return flatten(startDim, -1);
    }

    /**
     * Merges the dimensions from start to end, both included, into one.
     *
     * @param startDim the first dimension to merge; negative numbers count from the end
     * @param endDim the last dimension to merge
     * @return the elements in row-major order; a view where strides allow it
     * @throws TensorException if there is no such dimension, or the first comes after the last
     */
    default Tensor flatten(int startDim, int endDim) {
        Shape shape = self().shape();
        if (shape.rank() == 0) {
            return reshape(1);
        }
        int start = shape.dim(startDim, "flatten");
        int end = shape.dim(endDim, "flatten");
        if (start > end) {
            throw new TensorException("flatten: dimensions " + startDim + " to " + endDim + " of " + self().spec()
                    + " are in reverse; exchange them");
        }
        Shape flat = Shape.of(shape.slice(start, end + 1).elements());
        return reshape(shape.slice(0, start).concat(flat).concat(shape.slice(end + 1, shape.rank())));
    }

    /**
     * {@return the {@code length} elements of a dimension from {@code start} on}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param start the first position, from 0
     * @param length how many positions
     * @throws TensorException if there is no such dimension, or it has no such elements
     */
    default Tensor narrow(int dim, long start, long length) {
        return self().apply(new Slice(self().shape().dim(dim, "narrow"), start, length, 1));
    }

    /**
     * {@return each {@code step}-th element of a dimension from {@code start} to below {@code end}} As in Python, negative
     * positions count from the end, and positions beyond the ends are cut off.
     *
     * @param dim the dimension; negative numbers count from the end
     * @param start the first position
     * @param end the position before which to stop
     * @param step the distance of positions, 1 or more
     * @throws TensorException if there is no such dimension, or the step is not above 0
     */
    default Tensor slice(int dim, long start, long end, long step) {
        int d = self().shape().dim(dim, "slice");
        long size = self().shape().size(d);
        long first = clip(start, size);
        long last = clip(end, size);
        if (step < 1) {
            throw new TensorException(
                    "slice: step " + step + " of " + self().spec() + " (expected 1 or more); use flip to reverse");
        }
        long length = last <= first ? 0 : (last - first - 1) / step + 1;
        return self().apply(new Slice(d, first, length, step));
    }

    /**
     * Picks elements by a text, as NumPy's brackets do: for each dimension, separated by commas, a position
     * ({@code -1}; the dimension is removed), a range {@code start:end:step} with any part left out (a negative step
     * reverses, which copies), {@code ...} for the dimensions that are not named, or {@code None} for a new dimension
     * of size 1.
     *
     * <pre>{@code
     * x.slice("1:3, :, ::2, -1")
     * }</pre>
     *
     * @param text what to pick from each dimension
     * @return a view, or a copy where a range is reversed
     * @throws TensorException if the text can't be read or names more dimensions than there are
     */
    default Tensor slice(String text) {
        return SliceText.apply(self(), text);
    }

    private static long clip(long position, long size) {
        return Math.min(Math.max(position < 0 ? position + size : position, 0), size);
    }

    /**
     * {@return the elements at one position of a dimension, which is removed} Negative positions count from the end.
     *
     * @param dim the dimension; negative numbers count from the end
     * @param index the position; negative ones count from the end
     * @throws TensorException if there is no such dimension or position
     */
    default Tensor select(int dim, long index) {
        int d = self().shape().dim(dim, "select");
        long size = self().shape().size(d);
        if (index < -size || index >= size) {
            throw new TensorException("select: no position " + index + " in dimension " + dim + " of " + self().spec()
                    + " (expected " + -size + " to " + (size - 1) + "); check the position");
        }
        Tensor one = self().apply(new Slice(d, index < 0 ? index + size : index, 1, 1));
        return one.reshape(self().shape().without(d));
    }
}
