package dev.lanewise.cpu.memory;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A tensor's elements, dense in row-major order: its own memory where it is dense, else a copy in scratch memory.
 *
 * <pre>{@code
 * try (Dense x = Dense.of(inputs[0])) {
 *     kernel(x.address());
 * }
 * }</pre>
 */
public final class Dense implements AutoCloseable {
    private final long address;
    private final @Nullable Scratch scratch;

    private Dense(long address, @Nullable Scratch scratch) {
        this.address = address;
        this.scratch = scratch;
    }

    /** The dense elements of a tensor. */
    public static Dense of(Tensor tensor) {
        if (tensor.isContiguous()) {
            return new Dense(address(tensor), null);
        }
        return of(tensor, tensor.shape().toArray(), tensor.strides());
    }

    /** A dense copy of a tensor's elements in the order of other sizes and strides over the same memory. */
    public static Dense of(Tensor tensor, long[] sizes, long[] strides) {
        int bytes = tensor.dtype().bytes();
        long[] dense = new long[sizes.length];
        long elements = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            dense[d] = elements;
            elements *= sizes[d];
        }
        Scratch scratch = Scratch.borrow(elements * bytes);
        StridedCopy.run(bytes, sizes, address(tensor), strides, scratch.address(), dense);
        return new Dense(scratch.address(), scratch);
    }

    /** Elements at a known address. */
    public static Dense at(long address) {
        return new Dense(address, null);
    }

    /** Scratch memory with undefined contents. */
    public static Dense scratch(long bytes) {
        Scratch scratch = Scratch.borrow(bytes);
        return new Dense(scratch.address(), scratch);
    }

    /** The address of the first element. */
    public long address() {
        return address;
    }

    /** Gives the scratch memory back, if any. */
    @Override
    public void close() {
        if (scratch != null) {
            scratch.close();
        }
    }

    /**
     * The address of a tensor's first element, after checking that all its elements are in its buffer. The caller keeps
     * the tensor reachable.
     */
    public static long address(Tensor tensor) {
        long bytes = tensor.dtype().bytes();
        long extent = 0;
        if (!tensor.shape().isEmpty()) {
            extent = 1;
            for (int d = 0; d < tensor.shape().rank(); d++) {
                extent += (tensor.shape().size(d) - 1) * tensor.stride(d);
            }
        }
        return NativeMemory.address(
                ((HostBuffer) Storage.buffer(tensor)).segment(), Storage.offset(tensor) * bytes, extent * bytes);
    }
}
