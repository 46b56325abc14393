package dev.lanewise.tensor;

/**
 * The element type and shape of a tensor, which operations infer before they compute.
 *
 * @param dtype the element type
 * @param shape the sizes
 */
public record TensorSpec(DType dtype, Shape shape) {
    /**
     * Checks the size, so that nothing that is computed from it overflows.
     *
     * @throws TensorException if there are more than 2^56 elements, counting sizes of 0 as 1
     */
    public TensorSpec {
        if (dtype == null || shape == null) {
            throw new TensorException("tensor: type " + dtype + ", shape " + shape + "; give both");
        }
        if (shape.extent() > Shape.MOST_ELEMENTS) {
            throw new TensorException("tensor: " + dtype + shape + " has more than 2^56 elements; check the sizes");
        }
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
