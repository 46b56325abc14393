package dev.lanewise.cuda.runtime;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Buffer;

/** Memory of a GPU. */
public final class DeviceBuffer extends Buffer {
    private final DeviceBlock block;

    DeviceBuffer(Device device, long bytes, DeviceBlock block) {
        super(device, bytes, block);
        this.block = block;
    }

    /** The device address, aligned to 512 bytes. */
    public long address() {
        return block.address();
    }

    /** The memory and its users. */
    DeviceBlock block() {
        return block;
    }

    /**
     * The device address of a tensor's first element. The backend has already seen to it that the thread's stream may use
     * the memory of an operation's operands and results.
     */
    public static long address(Tensor tensor) {
        return ((DeviceBuffer) tensor.buffer()).address()
                + tensor.offset() * tensor.dtype().bytes();
    }
}
