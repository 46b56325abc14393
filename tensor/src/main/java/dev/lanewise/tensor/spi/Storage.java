package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Dispatch;
import dev.lanewise.tensor.internal.StridedTensor;
import dev.lanewise.tensor.op.Op;
import java.lang.foreign.MemorySegment;

/** Where the elements of a tensor are, for backends. */
public final class Storage {
    private Storage() {}

    /**
     * {@return the memory, shared with views}
     *
     * @param tensor any tensor
     */
    public static Buffer buffer(Tensor tensor) {
        return ((StridedTensor) tensor).buffer();
    }

    /**
     * {@return the position of the first element in the buffer, in elements}
     *
     * @param tensor any tensor
     */
    public static long offset(Tensor tensor) {
        return ((StridedTensor) tensor).offset();
    }

    /**
     * A tensor over memory that belongs to somebody else, such as a mapped file: nothing is copied, and nothing is freed. The
     * memory is only read, and must stay as it is while the tensor is used; the tensor keeps the segment reachable.
     *
     * @param memory native memory that holds the elements in row-major order and native byte order
     * @param dtype the element type
     * @param shape the shape
     * @return the tensor, on the CPU
     * @throws TensorException if the memory is not native, or not of the tensor's size
     */
    public static Tensor over(MemorySegment memory, DType dtype, Shape shape) {
        TensorSpec spec = new TensorSpec(dtype, shape);
        if (!memory.isNative() || memory.byteSize() != spec.bytes()) {
            throw new TensorException("over: " + (memory.isNative() ? "native" : "heap") + " memory of "
                    + memory.byteSize() + " bytes for " + spec + " (expected native memory of " + spec.bytes()
                    + "); check the segment, or copy it by Tensor.of");
        }
        Buffer buffer = new HostBuffer(memory, () -> {});
        // no scope's, and not the collector's: there is nothing to give back
        buffer.retain();
        return new StridedTensor(buffer, spec, shape.rowMajorStrides(), 0, null);
    }

    /**
     * A new tensor on the CPU whose elements are undefined until they have been written through the segment of its
     * {@link #buffer}: for readers that fill it in parts. The thread's innermost scope owns it.
     *
     * @param dtype the element type
     * @param shape the shape
     * @return the tensor
     */
    public static Tensor unfilled(DType dtype, Shape shape) {
        return Dispatch.empty(new TensorSpec(dtype, shape), Backends.of(Device.CPU));
    }

    /**
     * Runs an operation that overwrites existing tensors, as optimizers do; it is not recorded.
     *
     * @param op the operation
     * @param outputs the tensors that are overwritten
     * @param operands the tensors that the operation reads
     */
    public static void update(Op op, Tensor[] outputs, Tensor... operands) {
        Dispatch.update(op, outputs, operands);
    }
}
