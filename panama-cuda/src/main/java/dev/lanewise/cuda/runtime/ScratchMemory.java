package dev.lanewise.cuda.runtime;

/**
 * Device memory for the work that is queued until it is closed; undefined contents. Closing does not wait: what the
 * stream is given next comes after.
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

    /** Lets the stream's later work have the memory. */
    @Override
    public void close() {
        block.run();
    }
}
