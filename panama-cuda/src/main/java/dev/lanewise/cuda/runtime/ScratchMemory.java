package dev.lanewise.cuda.runtime;

/**
 * Device memory for the work that is queued until it is closed; undefined contents. Closing does not wait: the stream's
 * later work runs afterwards.
 */
public final class ScratchMemory implements AutoCloseable {
    private final DeviceBlock block;

    ScratchMemory(DeviceBlock block) {
        this.block = block;
    }

    /** The device address, aligned to 512 bytes. */
    public long address() {
        return block.address();
    }

    /** Makes the memory available to the stream's later work. */
    @Override
    public void close() {
        block.run();
    }
}
