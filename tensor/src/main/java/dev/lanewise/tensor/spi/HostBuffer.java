package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import java.lang.foreign.MemorySegment;

/** Memory of the host, as a segment. */
public final class HostBuffer extends Buffer {
    private final MemorySegment segment;

    /**
     * A buffer over host memory.
     *
     * @param segment the memory; native, unless the buffer only wraps memory that a caller gave
     * @param free gives the memory back; must not refer to this buffer
     */
    public HostBuffer(MemorySegment segment, Runnable free) {
        super(Device.CPU, segment.byteSize(), free);
        this.segment = segment;
    }

    /** {@return the memory as a segment, for backends of the host; valid until the buffer is released} */
    public MemorySegment segment() {
        return segment;
    }
}
