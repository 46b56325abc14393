package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn.Format;
import dev.lanewise.cuda.ops.Elementwise;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A tensor {@code [a, c, h, w]} in the order of dimensions that a convolution takes: its own memory where that has the
 * order, else a copy.
 */
final class Planes implements AutoCloseable {
    private final CudaDevice device;
    private final Tensor tensor;
    private final long[] order;
    private final @Nullable ScratchMemory copy;

    private Planes(CudaDevice device, Tensor tensor, Format format) {
        this.device = device;
        this.tensor = tensor;
        order = strides(tensor.shape(), format);
        copy = isOrdered() ? null : device.scratch(tensor.spec().bytes());
    }

    /** A tensor to read. */
    static Planes read(CudaDevice device, Tensor tensor, Format format) {
        Planes planes = new Planes(device, tensor, format);
        if (planes.copy != null) {
            long from = DeviceBuffer.address(tensor);
            long to = planes.copy.address();
            Elementwise.copy(device, tensor.dtype(), tensor.shape(), from, tensor.strides(), to, planes.order);
        }
        return planes;
    }

    /** A tensor to write: {@link #store} puts what was written to {@link #address} into it. */
    static Planes write(CudaDevice device, Tensor tensor, Format format) {
        return new Planes(device, tensor, format);
    }

    private static long[] strides(Shape shape, Format format) {
        long c = shape.size(1);
        long h = shape.size(2);
        long w = shape.size(3);
        return switch (format) {
            case NCHW -> new long[] {c * h * w, h * w, w, 1};
            case NHWC -> new long[] {h * w * c, 1, w * c, c};
        };
    }

    private boolean isOrdered() {
        for (int d = 0; d < order.length; d++) {
            if (tensor.shape().size(d) != 1 && tensor.stride(d) != order[d]) {
                return false;
            }
        }
        return true;
    }

    /** The device address of the first element. */
    long address() {
        return copy == null ? DeviceBuffer.address(tensor) : copy.address();
    }

    /** Moves what was written into the tensor, if it is not there. */
    void store() {
        if (copy != null) {
            long to = DeviceBuffer.address(tensor);
            Elementwise.copy(device, tensor.dtype(), tensor.shape(), copy.address(), order, to, tensor.strides());
        }
    }

    @Override
    public void close() {
        if (copy != null) {
            copy.close();
        }
    }
}
