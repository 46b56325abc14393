package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Runs operations on the memory of one device. Implementations are safe for use by many threads.
 *
 * <p>Small on purpose, so that a decorator (for profiling, logging, checking for NaN) wraps one method,
 * {@link #execute}; see {@link DelegatingBackend}.
 */
public interface Backend {
    /** {@return the device that this backend serves} */
    Device device();

    /**
     * Memory for a new tensor, not zeroed, aligned to 64 bytes, as yet without an owner.
     *
     * @param bytes the size, 0 or more
     * @return memory of the device, not zeroed
     * @throws dev.lanewise.tensor.OutOfTensorMemoryException when the device has no more
     */
    Buffer allocate(long bytes);

    /**
     * Runs one operation. Shapes and types have been inferred and checked by the operation; nothing is validated again.
     *
     * @param op the operation
     * @param inputs its operands, of any strides
     * @param outputs the tensors for the results: dense and new, except for operations that update in place
     */
    void execute(Op op, Tensor[] inputs, Tensor[] outputs);

    /**
     * Whether this backend runs the fused operation itself. Where it declines, the operation's decomposition runs.
     *
     * @param op the operation
     * @param inputs its operands
     * @return false if it is to be decomposed
     */
    default boolean supports(Op.Fused op, Tensor[] inputs) {
        return true;
    }

    /**
     * Copies host memory into the device's, starting at a byte offset of the buffer.
     *
     * @param source host memory; all of it is copied
     * @param target a buffer of this device
     * @param byteOffset where in the buffer the copy begins
     */
    void copyIn(MemorySegment source, Buffer target, long byteOffset);

    /**
     * Copies device memory to the host, waiting for what computes it.
     *
     * @param source a buffer of this device
     * @param byteOffset where in the buffer the copy begins
     * @param target host memory, which is filled
     */
    void copyOut(Buffer source, long byteOffset, MemorySegment target);

    /**
     * Records and replays the calling thread's work on this device; empty where that is not possible.
     *
     * @return a recorder for the caller alone, or empty
     */
    default Optional<StepRecorder> recorder() {
        return Optional.empty();
    }

    /**
     * The library that lets this device exchange numbers with those of other processes; empty where there is none for such
     * devices.
     *
     * @return the library, or empty
     * @throws dev.lanewise.tensor.TensorException if there is one for such devices, but not on this machine
     */
    default Optional<Collectives> collectives() {
        return Optional.empty();
    }

    /** Waits until everything that was started has finished. */
    void synchronize();

    /**
     * Ends the threads that this backend started for its work, once work in progress has finished; the next operation
     * starts new ones.
     */
    default void shutdown() {}

    /** {@return a description of this backend, for display} */
    BackendInfo describe();
}
