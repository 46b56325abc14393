package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.internal.Reclaimer;
import dev.lanewise.tensor.internal.SystemMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Pooled native memory of the host in size classes: a freed block waits for the next tensor of its class, so that a
 * training step in steady state takes nothing from the system.
 *
 * <p>Classes are spaced four to a power of two, so at most a fifth of a block is unused. Blocks of up to 64 KiB are cut
 * from slabs of 1 MiB; larger ones have an arena of their own and can be given back to the system by {@link #trim}.
 */
public final class HostMemory {
    /** The alignment of every block in bytes: a cache line, and the widest vector. */
    public static final long ALIGNMENT = 64;

    private static final long SMALL = 64 << 10;
    private static final long SLAB = 1 << 20;

    /** More than any machine has. */
    private static final long LARGEST = 1L << 56;

    private static final SizeClass[] CLASSES = new SizeClass[4 * 64];
    private static final Object SLAB_LOCK = new Object();

    private static MemorySegment slab = MemorySegment.NULL;
    private static long slabUsed;

    private static long fromSystem;

    static {
        for (int i = 0; i < CLASSES.length; i++) {
            CLASSES[i] = new SizeClass();
        }
    }

    private HostMemory() {}

    /**
     * A block of at least the given size, not zeroed, without owner.
     *
     * @throws OutOfTensorMemoryException when the system has no more, after unused blocks were given back
     */
    public static HostBuffer allocate(long bytes) {
        if (bytes > LARGEST) {
            throw new OutOfTensorMemoryException(
                    "out of memory: " + bytes + " bytes asked for (expected at most " + LARGEST + "); check the sizes",
                    null);
        }
        int index = classOf(Math.max(bytes, ALIGNMENT));
        SizeClass sizeClass = CLASSES[index];
        Block block = sizeClass.take();
        if (block == null) {
            block = fresh(classBytes(index));
        }
        Block taken = block;
        return new HostBuffer(taken.segment.asSlice(0, bytes), () -> sizeClass.give(taken));
    }

    /** Gives every unused block that has an arena of its own back to the system; returns the bytes. */
    public static long trim() {
        long bytes = 0;
        for (SizeClass sizeClass : CLASSES) {
            bytes += sizeClass.trim();
        }
        synchronized (SLAB_LOCK) {
            fromSystem -= bytes;
        }
        return bytes;
    }

    /** The bytes taken from the system and not given back. In steady state this does not change. */
    public static long bytesFromSystem() {
        synchronized (SLAB_LOCK) {
            return fromSystem;
        }
    }

    private static Block fresh(long bytes) {
        if (bytes <= SMALL) {
            return new Block(cut(bytes), null);
        }
        Arena arena = Arena.ofShared();
        try {
            return new Block(system(arena, bytes), arena);
        } catch (OutOfTensorMemoryException e) {
            arena.close();
            throw e;
        }
    }

    private static MemorySegment cut(long bytes) {
        synchronized (SLAB_LOCK) {
            if (slabUsed + bytes > slab.byteSize()) {
                slab = system(Arena.global(), SLAB);
                slabUsed = 0;
            }
            MemorySegment piece = slab.asSlice(slabUsed, bytes);
            slabUsed += bytes;
            return piece;
        }
    }

    private static MemorySegment system(Arena arena, long bytes) {
        MemorySegment segment;
        try {
            segment = SystemMemory.allocate(arena, bytes, ALIGNMENT);
        } catch (OutOfMemoryError first) {
            trim();
            Reclaimer.collectNow();
            trim();
            try {
                segment = SystemMemory.allocate(arena, bytes, ALIGNMENT);
            } catch (OutOfMemoryError second) {
                throw new OutOfTensorMemoryException(
                        "out of memory: " + bytes + " bytes asked for with " + bytesFromSystem()
                                + " bytes held; release tensors earlier (Scope), or give the process more memory",
                        second);
            }
        }
        synchronized (SLAB_LOCK) {
            fromSystem += bytes;
        }
        return segment;
    }

    /** Index 4p + q stands for sizes up to (4 + q + 1)/8 of 2^(p + 1), rounded up to the alignment. */
    private static int classOf(long bytes) {
        int power = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int quarter = (int) ((bytes - 1) >>> Math.max(power - 2, 0)) & 3;
        return 4 * power + quarter;
    }

    private static long classBytes(int index) {
        int power = index / 4;
        long bytes = (1L << power) + (long) (index % 4 + 1) * ((1L << power) / 4);
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private record Block(MemorySegment segment, @Nullable Arena arena) {}

    /** The unused blocks of one size. */
    private static final class SizeClass {
        private final ArrayDeque<Block> unused = new ArrayDeque<>();

        synchronized @Nullable Block take() {
            return unused.pollLast();
        }

        synchronized void give(Block block) {
            unused.addLast(block);
        }

        synchronized long trim() {
            long bytes = 0;
            for (var i = unused.iterator(); i.hasNext(); ) {
                Block block = i.next();
                if (block.arena != null) {
                    i.remove();
                    bytes += block.segment.byteSize();
                    block.arena.close();
                }
            }
            return bytes;
        }
    }
}
