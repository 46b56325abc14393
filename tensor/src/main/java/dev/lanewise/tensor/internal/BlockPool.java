package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import java.util.function.Supplier;

/**
 * Blocks of host memory in size classes: a freed block waits for the next request of its class, so that a training step in
 * steady state takes nothing from the system.
 *
 * <p>There are 16 classes per power of two, and four below 64 KiB, so at most a sixteenth (a fifth) of a block is
 * unused. Blocks of up to 64 KiB are cut from slabs of 1 MiB, which are blocks themselves.
 *
 * <p>What waits is bounded: all blocks together are at most {@value #SLACK_PERCENT}% of the most that was in use in the last
 * minute (or {@link #FREE} more than it). Beyond that the block that has waited longest goes back to the system: at
 * once when another one is taken or given back, and within seconds when nothing else happens ({@link PoolKeeper}).
 */
public final class BlockPool {
    /** The pool of the process. */
    public static final BlockPool SHARED = new BlockPool(MemoryLimit::ofProcess);

    /** The alignment of every block in bytes: a cache line, and the widest vector. */
    public static final long ALIGNMENT = 64;

    private static final int SLACK_PERCENT = 120;

    /** This much may wait, however little is in use. */
    private static final long FREE = 32L << 20;

    /** Ticks of the keeper within a minute. */
    private static final int TICKS = 12;

    private final Supplier<MemoryLimit> limit;
    private final SizeClass[] classes = new SizeClass[SizeClass.COUNT];
    private final PeakWindow inUse = new PeakWindow(TICKS);

    /** The ring of all waiting blocks, the longest-waiting first. */
    private final Block waiting = Block.ring();

    /** The bytes asked for in all blocks that are in use; for small ones, those of their slabs. */
    private long used;

    /** The bytes of all blocks that have memory of their own, in use or waiting. */
    private long fromSystem;

    private long waitingBytes;

    /** Beyond this a garbage collection looks for memory that nobody refers to. */
    private long collectAt = Reclaimer.FLOOR;

    private int now;

    /** Whether no block may wait until one is taken again. */
    private boolean closed;

    BlockPool(Supplier<MemoryLimit> limit) {
        this.limit = limit;
        for (int i = 0; i < classes.length; i++) {
            classes[i] = new SizeClass(i);
        }
    }

    /**
     * A block of at least the given size.
     *
     * @throws OutOfTensorMemoryException when the system has no more, or the process may not have more
     */
    public Block take(long bytes) {
        SizeClass sizeClass = classes[SizeClass.index(Math.max(bytes, ALIGNMENT))];
        return sizeClass.isSmall() ? takeSmall(sizeClass) : takeOwn(sizeClass, bytes);
    }

    private Block takeSmall(SizeClass sizeClass) {
        synchronized (this) {
            closed = false;
            Block block = sizeClass.pop();
            if (block != null) {
                block.lend();
                return block;
            }
        }
        Block slab = takeOwn(classes[SizeClass.index(SizeClass.SLAB)], SizeClass.SLAB);
        synchronized (this) {
            return sizeClass.cut(slab);
        }
    }

    private Block takeOwn(SizeClass sizeClass, long asked) {
        synchronized (this) {
            closed = false;
            Block block = sizeClass.pop();
            if (block != null) {
                block.leave();
                waitingBytes -= block.bytes();
                use(block, asked);
                return block;
            }
        }
        return fresh(sizeClass, asked);
    }

    /** Takes a block back. */
    public void give(Block block) {
        synchronized (this) {
            SizeClass sizeClass = classes[block.sizeClass()];
            Block slab = block.slab();
            if (slab == null) {
                await(block);
            } else {
                sizeClass.push(block);
                if (block.returned() && (closed || sizeClass.hasMoreThan(slab))) {
                    sizeClass.dissolve(slab);
                    await(slab);
                }
            }
            trimTo(closed ? 0 : allowed(inUse.peak()));
            if (closed) {
                return;
            }
        }
        PoolKeeper.ensure();
    }

    private void await(Block block) {
        used -= block.asked;
        waitingBytes += block.bytes();
        block.await(waiting, now);
        classes[block.sizeClass()].push(block);
    }

    /** Gives everything that waits back to the system; returns the bytes. */
    public synchronized long trim() {
        for (SizeClass sizeClass : classes) {
            for (Block slab : sizeClass.unusedSlabs()) {
                sizeClass.dissolve(slab);
                await(slab);
            }
        }
        return trimTo(0);
    }

    /**
     * Gives all waiting blocks back to the system, and every block in use as soon as it is returned, until one is taken
     * again.
     */
    public synchronized void close() {
        closed = true;
        trim();
    }

    /** The bytes taken from the system and not given back. */
    public synchronized long bytesFromSystem() {
        return fromSystem;
    }

    /** Advances the minute; false when no block waits that the passing of time could give back. */
    synchronized boolean tick() {
        now++;
        inUse.tick(used);
        long peak = inUse.peak();
        trimTo(allowed(peak));
        for (Block oldest = waiting.next(); oldest != null && now - oldest.since() >= TICKS; oldest = waiting.next()) {
            evict(oldest);
        }
        collectAt = Math.max(Reclaimer.FLOOR, 2 * peak);
        return waitingBytes > 0;
    }

    synchronized boolean isWaiting() {
        return waitingBytes > 0;
    }

    private Block fresh(SizeClass sizeClass, long asked) {
        long bytes = sizeClass.bytes();
        makeRoom(bytes);
        try {
            Block block = system(sizeClass);
            synchronized (this) {
                use(block, asked);
            }
            return block;
        } catch (OutOfTensorMemoryException e) {
            synchronized (this) {
                fromSystem -= bytes;
            }
            throw e;
        }
    }

    /** Gives waiting blocks back, and has others collected, if a new one would exceed the limit; counts the new one. */
    private void makeRoom(long bytes) {
        synchronized (this) {
            if (used + bytes <= collectAt && reserve(bytes)) {
                return;
            }
        }
        // not while this is locked: the cleaner's thread gives blocks back
        Reclaimer.collectNow();
        synchronized (this) {
            collectAt = Math.max(Reclaimer.FLOOR, 2 * (used + bytes));
            if (!reserve(bytes)) {
                throw new OutOfTensorMemoryException(message(bytes, "the process may have " + limit.get()), null);
            }
        }
    }

    /** Counts a new block if the process may have it, if need be after giving waiting blocks back. */
    private boolean reserve(long bytes) {
        long most = limit.get().forTensors();
        trimTo(Math.min(most, allowed(Math.max(inUse.peak(), used + bytes))) - bytes);
        boolean fits = bytes <= most - fromSystem;
        if (fits) {
            fromSystem += bytes;
        }
        return fits;
    }

    private Block system(SizeClass sizeClass) {
        try {
            return Block.own(sizeClass);
        } catch (OutOfMemoryError first) {
            trim();
            Reclaimer.collectNow();
            trim();
            try {
                return Block.own(sizeClass);
            } catch (OutOfMemoryError second) {
                throw new OutOfTensorMemoryException(message(sizeClass.bytes(), "the system has no more"), second);
            }
        }
    }

    private String message(long bytes, String why) {
        String hint = Reclaimer.isExplicitCollectionDisabled()
                ? "; the JVM runs with -XX:+DisableExplicitGC, so tensors outside every scope come back late: remove it"
                : "";
        return "out of memory: " + bytes + " bytes asked for with " + bytesFromSystem() + " bytes held: " + why
                + "; release tensors earlier (Scope), or give the process more memory" + hint;
    }

    private void use(Block block, long asked) {
        block.asked = asked;
        used += asked;
        inUse.note(used);
    }

    /** How much may be taken from the system for a given peak of use. */
    private static long allowed(long peak) {
        return Math.max(peak / 100 * SLACK_PERCENT, peak + FREE);
    }

    /**
     * Gives the longest-waiting blocks back until no more than the given number of bytes is taken from the system, or
     * no block waits.
     */
    private long trimTo(long most) {
        long before = fromSystem;
        for (Block oldest = waiting.next(); oldest != null && fromSystem > most; oldest = waiting.next()) {
            evict(oldest);
        }
        return before - fromSystem;
    }

    private void evict(Block block) {
        classes[block.sizeClass()].remove(block);
        block.leave();
        waitingBytes -= block.bytes();
        fromSystem -= block.bytes();
        block.free();
    }
}
