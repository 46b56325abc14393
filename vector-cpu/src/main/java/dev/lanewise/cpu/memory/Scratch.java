package dev.lanewise.cpu.memory;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A block of 64-byte-aligned native scratch memory, borrowed from a process-wide pool and given back by {@link #close()}.
 *
 * <p>Blocks are kept by power-of-two size, a few of each, so steady work takes nothing from the system and platform and
 * virtual threads are served alike. What the pool has no room for is freed by the garbage collector. Large blocks come from
 * the memory of tensors and go back there. The content of a borrowed block is undefined.
 *
 * <pre>{@code
 * try (Scratch panel = Scratch.borrow(4L * rows * columns)) {
 *     pack(source, panel.address());
 * }
 * }</pre>
 */
public final class Scratch implements AutoCloseable {
    private static final int SMALLEST_LOG2 = 12;
    private static final int CLASSES = 64 - SMALLEST_LOG2;
    private static final int SLOTS = 16;
    private static final int ALIGNMENT = 64;

    /** Larger blocks would waste up to half of what they take, and want huge pages. */
    private static final long LARGEST = 2 << 20;

    private static final AtomicReferenceArray<Scratch> POOL = new AtomicReferenceArray<>(CLASSES * SLOTS);

    private final MemorySegment segment;
    private final int sizeClass;
    private final @Nullable HostBuffer large;

    private Scratch(int sizeClass) {
        this.sizeClass = sizeClass;
        this.segment = allocate(1L << (sizeClass + SMALLEST_LOG2));
        this.large = null;
    }

    private Scratch(HostBuffer large) {
        this.sizeClass = CLASSES;
        this.segment = large.segment();
        this.large = large;
        large.retain();
    }

    private static MemorySegment allocate(long bytes) {
        try {
            return Arena.ofAuto().allocate(bytes, ALIGNMENT);
        } catch (OutOfMemoryError e) {
            throw new OutOfTensorMemoryException(
                    "out of memory: " + bytes + " bytes asked for by a kernel; release tensors earlier (Scope), or give"
                            + " the process more memory",
                    e);
        }
    }

    /**
     * Borrows a block of at least {@code bytes} bytes.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws OutOfTensorMemoryException when the system has no more
     */
    public static Scratch borrow(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("scratch memory: size " + bytes + ", expected 0 or more bytes");
        }
        if (bytes > LARGEST) {
            return new Scratch(HostMemory.allocate(bytes));
        }
        int sizeClass = Math.max(0, 64 - Long.numberOfLeadingZeros(Math.max(bytes, 1) - 1) - SMALLEST_LOG2);
        for (int slot = 0; slot < SLOTS; slot++) {
            int index = sizeClass * SLOTS + slot;
            if (POOL.getPlain(index) != null) {
                Scratch block = POOL.getAndSet(index, null);
                if (block != null) {
                    return block;
                }
            }
        }
        return new Scratch(sizeClass);
    }

    /** The block's first address, a multiple of 64. */
    public long address() {
        return segment.address();
    }

    /** The block as a segment; valid until {@link #close()}. */
    public MemorySegment segment() {
        return segment;
    }

    /** Gives the block back; its memory must not be used afterwards. */
    @Override
    public void close() {
        if (large != null) {
            large.release("its kernel");
            return;
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            if (POOL.compareAndSet(sizeClass * SLOTS + slot, null, this)) {
                return;
            }
        }
    }
}
