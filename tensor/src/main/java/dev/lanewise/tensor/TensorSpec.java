package dev.lanewise.tensor;

/**
 * What an operation infers of a tensor before there is one: element type and shape.
 *
 * @param dtype the element type
 * @param shape the sizes
 */
public record TensorSpec(DType dtype, Shape shape) {
    /** The same type with another shape. */
    public TensorSpec with(Shape newShape) {
        return new TensorSpec(dtype, newShape);
    }

    /** The same shape with another type. */
    public TensorSpec with(DType newType) {
        return new TensorSpec(newType, shape);
    }

    /**
     * The size in bytes of a dense tensor.
     *
     * @throws TensorException if it has more than 2^63
     */
    public long bytes() {
        long bytes = Math.multiplyHigh(shape.elements(), dtype.bytes()) == 0 ? shape.elements() * dtype.bytes() : -1;
        if (bytes < 0) {
            throw new TensorException("tensor: " + this + " has more than 2^63 bytes; check the sizes");
        }
        return bytes;
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
