package dev.lanewise.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The sizes of a tensor's dimensions, outermost first. Immutable. A scalar has rank 0; a size may be 0.
 *
 * <p>Dimensions can be named from the end: {@code size(-1)} is the size of the last one.
 */
public final class Shape {
    /** The shape of a scalar: rank 0, one element. */
    public static final Shape SCALAR = new Shape(new long[0]);

    /** More elements than any tensor or view has; sizes in bytes, and sums of a few of them, stay far below 2^63. */
    static final long MOST_ELEMENTS = 1L << 56;

    private final long[] sizes;
    private final long elements;
    /** The product of the sizes that are not 0. */
    private final long extent;

    private Shape(long[] sizes) {
        this.sizes = sizes;
        long product = 1;
        boolean empty = false;
        for (long size : sizes) {
            if (size < 0) {
                throw new TensorException(
                        "shape: negative size in " + Arrays.toString(sizes) + " (expected 0 or more); check the sizes");
            }
            empty |= size == 0;
        }
        for (long size : sizes) {
            try {
                // strides of an empty shape are products of its other sizes
                product = Math.multiplyExact(product, Math.max(size, 1));
            } catch (ArithmeticException e) {
                throw new TensorException("shape: " + Arrays.toString(sizes) + " has more than 2^63 elements", e);
            }
        }
        this.extent = product;
        this.elements = empty ? 0 : product;
    }

    /**
     * {@return a shape of the given sizes}
     *
     * @param sizes the sizes, outermost first
     * @throws TensorException if a size is negative or the number of elements overflows
     */
    public static Shape of(long... sizes) {
        return sizes.length == 0 ? SCALAR : new Shape(sizes.clone());
    }

    /**
     * {@return a shape of sizes that a file or request names, or empty if no tensor has such sizes: negative ones, or more than
     * 2^56 elements, counting sizes of 0 as 1}
     *
     * @param sizes the sizes, outermost first
     */
    public static Optional<Shape> tryOf(long... sizes) {
        Objects.requireNonNull(sizes, "sizes");
        long product = 1;
        for (long size : sizes) {
            if (size < 0 || product > MOST_ELEMENTS / Math.max(size, 1)) {
                return Optional.empty();
            }
            product *= Math.max(size, 1);
        }
        return Optional.of(of(sizes));
    }

    /**
     * {@return a shape of the given sizes}
     *
     * @param sizes the sizes, outermost first
     */
    public static Shape of(List<? extends Number> sizes) {
        return of(sizes.stream().mapToLong(Number::longValue).toArray());
    }

    /** {@return the number of dimensions; 0 for a scalar} */
    public int rank() {
        return sizes.length;
    }

    /** {@return the number of elements: the product of the sizes, 1 for a scalar} */
    public long elements() {
        return elements;
    }

    /** The number of elements if sizes of 0 were 1: no stride and no part of the shape has more. */
    long extent() {
        return extent;
    }

    /** {@return whether a tensor of this shape has no elements, because a size is 0} */
    public boolean isEmpty() {
        return elements == 0;
    }

    /**
     * {@return the size of a dimension}
     *
     * @param dim from 0, or from -1 backwards
     * @throws TensorException if there is no such dimension
     */
    public long size(int dim) {
        return sizes[dim(dim, "size")];
    }

    /** {@return the sizes, outermost first, in a new array} */
    public long[] toArray() {
        return sizes.clone();
    }

    /**
     * {@return the dimension counted from 0, for one that may be counted from the end}
     *
     * @param dim from 0, or from -1 backwards
     * @param op the operation that asks, for the message
     * @throws TensorException if there is no such dimension
     */
    public int dim(int dim, String op) {
        int rank = sizes.length;
        if (dim < -rank || dim >= rank) {
            throw new TensorException(op + ": no dimension " + dim + " in shape " + this
                    + (rank == 0
                            ? " (a scalar has none); unsqueeze it"
                            : " (expected " + -rank + " to " + (rank - 1) + "); check the dimension"));
        }
        return dim < 0 ? dim + rank : dim;
    }

    /** Checks that each of the dimensions exists and is named only once; negative ones count from the end. */
    void checkDims(String op, int... dims) {
        for (int i = 0; i < dims.length; i++) {
            int dim = dim(dims[i], op);
            for (int j = 0; j < i; j++) {
                if (dim(dims[j], op) == dim) {
                    throw new TensorException(op + ": dimensions " + Arrays.toString(dims) + " of shape " + this
                            + " name one twice; name each once");
                }
            }
        }
    }

    /**
     * {@return this shape with another size for one dimension}
     *
     * @param dim the dimension; negative numbers count from the end
     * @param size its size
     */
    public Shape with(int dim, long size) {
        long[] changed = sizes.clone();
        changed[dim(dim, "shape")] = size;
        return new Shape(changed);
    }

    /**
     * {@return this shape without one dimension, as after a reduction}
     *
     * @param dim the dimension; negative numbers count from the end
     */
    public Shape without(int dim) {
        int d = dim(dim, "shape");
        long[] rest = new long[sizes.length - 1];
        System.arraycopy(sizes, 0, rest, 0, d);
        System.arraycopy(sizes, d + 1, rest, d, rest.length - d);
        return of(rest);
    }

    /**
     * {@return this shape with one more dimension of the given size before dimension {@code dim} (from 0 to the rank)}
     *
     * @param dim the place of the new dimension, from 0 to the rank
     * @param size its size
     */
    public Shape insert(int dim, long size) {
        checkRange("insert", dim, dim);
        long[] more = new long[sizes.length + 1];
        System.arraycopy(sizes, 0, more, 0, dim);
        more[dim] = size;
        System.arraycopy(sizes, dim, more, dim + 1, sizes.length - dim);
        return of(more);
    }

    /**
     * {@return this shape followed by another: their sizes, one after the other}
     *
     * @param other the dimensions that follow
     */
    public Shape concat(Shape other) {
        long[] both = Arrays.copyOf(sizes, sizes.length + other.sizes.length);
        System.arraycopy(other.sizes, 0, both, sizes.length, other.sizes.length);
        return of(both);
    }

    /**
     * {@return the dimensions from {@code from} (inclusive) to {@code to} (exclusive), counted from 0}
     *
     * @param from the first dimension, from 0
     * @param to the dimension before which to stop
     */
    public Shape slice(int from, int to) {
        checkRange("slice", from, to);
        return of(Arrays.copyOfRange(sizes, from, to));
    }

    private void checkRange(String what, int from, int to) {
        if (from < 0 || to < from || to > sizes.length) {
            throw new TensorException("shape: no " + what + " of dimensions " + from + " to " + to + " in " + this
                    + " (expected 0 to " + sizes.length + "); check the dimensions");
        }
    }

    /** {@return the strides, in elements, of a dense row-major tensor of this shape} */
    public long[] rowMajorStrides() {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            strides[d] = stride;
            stride *= Math.max(sizes[d], 1);
        }
        return strides;
    }

    /**
     * {@return the shape that both broadcast to, by NumPy's rule: aligned at the last dimension, sizes are equal or one is
     * 1}
     *
     * @param op the operation that asks, for the message
     * @param a a shape
     * @param b another one
     * @throws TensorException if they don't broadcast
     */
    public static Shape broadcast(String op, Shape a, Shape b) {
        if (a.equals(b)) {
            return a;
        }
        int rank = Math.max(a.rank(), b.rank());
        long[] sizes = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long x = i <= a.rank() ? a.sizes[a.rank() - i] : 1;
            long y = i <= b.rank() ? b.sizes[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) {
                throw new TensorException(op + ": shapes don't broadcast: " + a + " and " + b + " (" + x + " != " + y
                        + " in dimension " + -i + "); reshape or expand one of them?");
            }
            sizes[rank - i] = x == 1 ? y : x;
        }
        return of(sizes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** The sizes in brackets, for example {@code [2, 3]}; {@code []} for a scalar. */
    @Override
    public String toString() {
        return Arrays.toString(sizes);
    }
}
