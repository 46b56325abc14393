package dev.lanewise.tensor;

/**
 * The element type and shape of a tensor, which operations infer before they compute.
 *
 * @param dtype the element type
 * @param shape the sizes
 */
public record TensorSpec(DType dtype, Shape shape) {
    /** More elements than any tensor or view has; sizes in bytes, and sums of a few of them, stay far below 2^63. */
    private static final long MOST_ELEMENTS = 1L << 56;

    /**
     * Checks the size, so that nothing that is computed from it overflows.
     *
     * @throws TensorException if there are more than 2^56 elements, counting sizes of 0 as 1
     */
    public TensorSpec {
        if (dtype == null || shape == null) {
            throw new TensorException("tensor: type " + dtype + ", shape " + shape + "; give both");
        }
        if (!isPossible(shape)) {
            throw new TensorException("tensor: " + dtype + shape + " has more than 2^56 elements; check the sizes");
        }
    }

    /**
     * {@return whether a tensor may have this shape: at most 2^56 elements, counting sizes of 0 as 1} What reads sizes from elsewhere
     * asks before it makes a tensor of them.
     *
     * @param shape the sizes
     */
    public static boolean isPossible(Shape shape) {
        return shape.extent() <= MOST_ELEMENTS;
    }

    /**
     * {@return the same type with another shape}
     *
     * @param newShape the sizes
     */
    public TensorSpec with(Shape newShape) {
        return new TensorSpec(dtype, newShape);
    }

    /**
     * {@return the same shape with another type}
     *
     * @param newType the element type
     */
    public TensorSpec with(DType newType) {
        return new TensorSpec(newType, shape);
    }

    /** {@return the size in bytes of a dense tensor} */
    public long bytes() {
        return shape.elements() * dtype.bytes();
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
