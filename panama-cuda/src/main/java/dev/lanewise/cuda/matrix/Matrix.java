package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.ops.Elementwise;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A matrix, or a batch of them, as cuBLASLt can read it: one of the two strides is 1. A tensor of other strides is
 * copied.
 *
 * @param address the first element
 * @param rows the rows
 * @param columns the columns
 * @param stride elements from one row to the next, or where {@code byColumns} from one column to the next
 * @param byColumns whether columns rather than rows are consecutive in memory
 * @param batchSizes the sizes of the leading dimensions
 * @param batchStrides their strides
 * @param copy what the copy is in, if it is one
 */
record Matrix(
        long address,
        long rows,
        long columns,
        long stride,
        boolean byColumns,
        long[] batchSizes,
        long[] batchStrides,
        @Nullable ScratchMemory copy)
        implements AutoCloseable {
    private static final long[] NONE = {};

    /** The last two dimensions of a tensor. */
    static Matrix of(CudaDevice device, Tensor tensor) {
        int rank = tensor.shape().rank();
        long[] sizes = tensor.shape().toArray();
        long[] strides = tensor.strides();
        return of(device, tensor, sizes, strides, rank - 2);
    }

    /** A weight {@code [n, k]} as the matrix {@code [k, n]}. */
    static Matrix transposed(CudaDevice device, Tensor weight) {
        long[] sizes = {weight.shape().size(1), weight.shape().size(0)};
        long[] strides = {weight.stride(1), weight.stride(0)};
        return of(device, weight, sizes, strides, 0);
    }

    /** All rows of a tensor {@code [..., k]} as one matrix. */
    static Matrix rows(CudaDevice device, Tensor tensor) {
        int last = tensor.shape().rank() - 1;
        long columns = tensor.shape().size(last);
        long rows = 1;
        long stride = columns;
        boolean even = true;
        for (int d = last - 1; d >= 0; d--) {
            long size = tensor.shape().size(d);
            if (size == 1) {
                continue;
            }
            if (rows == 1) {
                stride = tensor.stride(d);
            }
            even &= tensor.stride(d) == stride * rows;
            rows *= size;
        }
        long[] sizes = {rows, columns};
        if (even) {
            return of(device, tensor, sizes, new long[] {stride, tensor.stride(last)}, 0);
        }
        ScratchMemory copy = copy(device, tensor, tensor.shape().toArray(), tensor.strides());
        return new Matrix(copy.address(), rows, columns, columns, false, NONE, NONE, copy);
    }

    private static Matrix of(CudaDevice device, Tensor tensor, long[] sizes, long[] strides, int batch) {
        long rows = sizes[batch];
        long columns = sizes[batch + 1];
        long[] batchSizes = Arrays.copyOf(sizes, batch);
        long[] batchStrides = Arrays.copyOf(strides, batch);
        // a stride over one element is never used, so any value will do
        long rowStride = rows == 1 ? Math.max(columns, 1) : strides[batch];
        long columnStride = columns == 1 ? 1 : strides[batch + 1];
        long address = DeviceBuffer.address(tensor);
        if (columnStride == 1 && rowStride >= columns) {
            return new Matrix(address, rows, columns, rowStride, false, batchSizes, batchStrides, null);
        }
        if (rowStride == 1 || rows == 1) {
            long stride = columns == 1 ? rows : columnStride;
            if (stride >= rows) {
                return new Matrix(address, rows, columns, stride, true, batchSizes, batchStrides, null);
            }
        }
        ScratchMemory copy = copy(device, tensor, sizes, strides);
        long[] dense = Shape.of(sizes).rowMajorStrides();
        return new Matrix(copy.address(), rows, columns, columns, false, batchSizes, Arrays.copyOf(dense, batch), copy);
    }

    private static ScratchMemory copy(CudaDevice device, Tensor tensor, long[] sizes, long[] strides) {
        ScratchMemory copy = device.scratch(tensor.spec().bytes());
        Elementwise.copy(
                device,
                tensor.dtype(),
                Shape.of(sizes),
                DeviceBuffer.address(tensor),
                strides,
                copy.address(),
                Shape.of(sizes).rowMajorStrides());
        return copy;
    }

    /** The matrix at an offset in bytes, without its batch. */
    Matrix at(long bytes) {
        return new Matrix(address + bytes, rows, columns, stride, byColumns, NONE, NONE, null);
    }

    /** A matrix of more rows, which follow in memory. */
    Matrix withRows(long newRows) {
        return new Matrix(address, newRows, columns, stride, byColumns, NONE, NONE, null);
    }

    /** Releases the copy's memory, if there is a copy. */
    @Override
    public void close() {
        if (copy != null) {
            copy.close();
        }
    }
}
