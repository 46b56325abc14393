package dev.lanewise.cuda.runtime;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Storage;
import org.jspecify.annotations.Nullable;

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
     * Keeps {@code other} as long as this memory: what an operation leaves for the operation that gets its result.
     *
     * @param stream the stream whose work wrote both
     */
    public void keep(DeviceBuffer other, DeviceStream stream) {
        other.retain();
        block.keep(new DeviceBlock.Kept(other, stream.recorder()));
    }

    /**
     * Takes what {@link #keep} was given, once: the caller releases it. Null if there is nothing, and also if only one of
     * keeping and taking is part of a recorded step, whose replays would find it taken.
     *
     * @param stream the stream whose work may use it from here on
     */
    public @Nullable DeviceBuffer takeKept(DeviceStream stream) {
        DeviceBuffer kept = block.takeKept(stream.recorder());
        if (kept != null) {
            stream.orderWrite(kept);
        }
        return kept;
    }

    /**
     * The device address of a tensor's first element. The backend has already seen to it that the thread's stream may use
     * the memory of an operation's operands and results.
     */
    public static long address(Tensor tensor) {
        return ((DeviceBuffer) Storage.buffer(tensor)).address()
                + Storage.offset(tensor) * tensor.dtype().bytes();
    }
}
