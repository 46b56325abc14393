package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A tensor's elements in row-major order: in place, or as a copy for the duration of a call. */
public final class Dense implements AutoCloseable {
    private final long address;
    private final @Nullable ScratchMemory copy;

    private Dense(long address, @Nullable ScratchMemory copy) {
        this.address = address;
        this.copy = copy;
    }

    /** The elements of a tensor. */
    public static Dense of(CudaDevice device, Tensor tensor) {
        long address = DeviceBuffer.address(tensor);
        if (tensor.isContiguous()) {
            return new Dense(address, null);
        }
        ScratchMemory copy = device.scratch(tensor.spec().bytes());
        Elementwise.copy(
                device,
                tensor.dtype(),
                tensor.shape(),
                address,
                tensor.strides(),
                copy.address(),
                tensor.shape().rowMajorStrides());
        return new Dense(copy.address(), copy);
    }

    /** The elements of an operand that may be missing: then the address is 0. */
    public static Dense ofOptional(CudaDevice device, Tensor[] tensors, int index) {
        return index < tensors.length ? of(device, tensors[index]) : new Dense(0, null);
    }

    /** The device address of the first element. */
    public long address() {
        return address;
    }

    @Override
    public void close() {
        if (copy != null) {
            copy.close();
        }
    }
}
