package dev.lanewise.cpu.matrix;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/**
 * A batch of matrices where they are, or, where a stride is negative, a dense copy of them.
 *
 * @param memory the elements
 * @param shape {@code [..., rows, columns]}
 * @param strides one per dimension, in elements, none negative
 */
record MatrixOperand(Dense memory, Shape shape, long[] strides) implements AutoCloseable {
    static MatrixOperand of(Tensor tensor) {
        long[] strides = tensor.strides();
        if (Arrays.stream(strides).allMatch(stride -> stride >= 0)) {
            return new MatrixOperand(Dense.at(Dense.address(tensor)), tensor.shape(), strides);
        }
        return new MatrixOperand(
                Dense.of(tensor), tensor.shape(), tensor.shape().rowMajorStrides());
    }

    /** The vectors along a tensor's last dimension as the rows of one matrix. */
    static MatrixOperand rowsOf(Tensor tensor) {
        if (tensor.shape().rank() == 2) {
            return of(tensor);
        }
        long columns = tensor.shape().size(-1);
        long rows = tensor.shape().without(-1).elements();
        return new MatrixOperand(Dense.of(tensor), Shape.of(rows, columns), new long[] {columns, 1});
    }

    long address() {
        return memory.address();
    }

    /** From one row to the next. */
    long row() {
        return strides[strides.length - 2];
    }

    /** From one column to the next. */
    long column() {
        return strides[strides.length - 1];
    }

    /** The strides of the batch dimensions, broadcast to the given sizes: 0 where the matrices repeat. */
    long[] batchStrides(long[] sizes) {
        int missing = sizes.length - (strides.length - 2);
        long[] broadcast = new long[sizes.length];
        for (int d = missing; d < sizes.length; d++) {
            broadcast[d] = shape.size(d - missing) == 1 ? 0 : strides[d - missing];
        }
        return broadcast;
    }

    @Override
    public void close() {
        memory.close();
    }
}
