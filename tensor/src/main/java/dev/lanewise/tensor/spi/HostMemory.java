package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.internal.Block;
import dev.lanewise.tensor.internal.BlockPool;
import dev.lanewise.tensor.internal.Loan;
import dev.lanewise.tensor.internal.MemoryLimit;
import java.util.Objects;

/**
 * Pooled native memory of the host: a freed block waits, and larger and smaller ones are made of it and of what waits beside
 * it, so that a training step in steady state takes nothing from the system.
 *
 * <p>The pool is bounded: what is taken from the system is at most 1.2 times (or 32 MiB more than) the most that tensors
 * had in use within the last minute. The process's limit applies too: {@code -Dlanewise.memory} bytes, or the limit of
 * its container or machine, less the Java heap. Beyond it an allocation fails with {@link OutOfTensorMemoryException}.
 */
public final class HostMemory {
    /** The alignment of every block in bytes: a cache line, and the widest vector. */
    public static final long ALIGNMENT = BlockPool.ALIGNMENT;

    /** More than any machine has. */
    private static final long LARGEST = 1L << 56;

    private HostMemory() {}

    /**
     * A block of at least the given size, not zeroed, without an owner.
     *
     * @param bytes the minimum size, 0 or more
     * @return a buffer that gives the block back when it is released
     * @throws OutOfTensorMemoryException when the process may have no more, after unused blocks were given back
     */
    public static HostBuffer allocate(long bytes) {
        if (bytes < 0 || bytes > LARGEST) {
            throw new OutOfTensorMemoryException(
                    "out of memory: " + bytes + " bytes asked for (expected at most " + LARGEST + "); check the sizes",
                    null);
        }
        Block block = BlockPool.SHARED.take(bytes);
        try {
            return new HostBuffer(block.segment(bytes), new Loan(BlockPool.SHARED, block));
        } catch (Throwable e) {
            // the stack or the heap has ended
            BlockPool.SHARED.abandon(block);
            throw e;
        }
    }

    /**
     * Gives every unused block back to the system; returns the bytes.
     *
     * @return how many bytes were given back
     */
    public static long trim() {
        return BlockPool.SHARED.trim();
    }

    /**
     * Notes what gives memory back that is kept for speed alone. It is called before an allocation fails for want of memory, on
     * the thread that allocates.
     *
     * @param giveBack releases what it can without waiting for another thread; must not throw
     */
    public static void whenShort(Runnable giveBack) {
        BlockPool.SHARED.whenShort(Objects.requireNonNull(giveBack, "giveBack"));
    }

    /** {@return the bytes taken from the system and not given back} In steady state this does not change. */
    public static long bytesFromSystem() {
        return BlockPool.SHARED.bytesFromSystem();
    }

    /**
     * {@return how much memory the process may have, where that limit comes from, and how much of it tensors may take,
     * for display}
     */
    public static String limit() {
        return MemoryLimit.ofProcess().toString();
    }
}
