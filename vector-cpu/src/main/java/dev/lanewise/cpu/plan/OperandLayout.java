package dev.lanewise.cpu.plan;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/** How the elements of an operand lie in memory, wherever that is: a value, part of a {@link Problem}. */
public final class OperandLayout {
    private final DType type;
    private final Shape shape;
    private final long[] strides;

    private OperandLayout(DType type, Shape shape, long[] strides) {
        this.type = type;
        this.shape = shape;
        this.strides = strides;
    }

    /** The layout of a tensor. */
    public static OperandLayout of(Tensor tensor) {
        return new OperandLayout(tensor.dtype(), tensor.shape(), tensor.strides());
    }

    /** The type of the elements. */
    public DType type() {
        return type;
    }

    /** The sizes of the dimensions. */
    public Shape shape() {
        return shape;
    }

    /** How many elements two neighbours along a dimension lie apart. */
    public long stride(int dim) {
        return strides[dim];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OperandLayout layout
                && type == layout.type
                && shape.equals(layout.shape)
                && Arrays.equals(strides, layout.strides);
    }

    @Override
    public int hashCode() {
        return (31 * type.hashCode() + shape.hashCode()) * 31 + Arrays.hashCode(strides);
    }

    @Override
    public String toString() {
        return type + " " + shape + " strides " + Arrays.toString(strides);
    }
}
