package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of host memory: a freed block waits for the next request, so that a training step in steady state takes nothing
 * from the system.
 *
 * <p>Sizes are spaced 16 to a power of two, below 64 KiB four, so at most a sixteenth (a fifth) of a block is unused. Large
 * blocks are cut from what waits, whatever its size was, and join with what waits beside them when they come back
 * ({@link AddressSpace}). Blocks of up to 64 KiB are pieces of slabs of 256 KiB, which are large blocks themselves.
 *
 * <p>What waits is bounded: all blocks together are at most {@value #SLACK_PERCENT}% of the most that was in use in the last
 * minute (or {@link #FREE} more than it). Beyond that what waited longest goes back to the system, at once when another block
 * is taken or given back, and within seconds when nothing happens any more ({@link PoolKeeper}).
 *
 * <p>An error can come from any call: the end of the stack or of the heap, which an application may survive. A change that
 * was cut short is noticed by the next one ({@link #enter}), which finds out anew what is free.
 */
public final class BlockPool {
    /** The pool of the process. */
    public static final BlockPool SHARED = new BlockPool(MemoryLimit::ofProcess, SystemMemory.INSTANCE);

    /** The alignment of every block in bytes: a cache line, and the widest vector. */
    public static final long ALIGNMENT = 64;

    private static final int SLACK_PERCENT = 120;

    /** This much may wait however little is in use. */
    private static final long FREE = 32L << 20;

    /** Ticks of the keeper within a minute. */
    private static final int TICKS = 12;

    private final Supplier<MemoryLimit> limit;
    private final AddressSpace space;
    private final SizeClass[] small = new SizeClass[SizeClass.SMALL];
    private final PeakWindow inUse = new PeakWindow(TICKS);

    /** What gives memory back that is kept for speed alone. */
    private final List<Runnable> spare = new CopyOnWriteArrayList<>();

    /** The bytes asked for in all blocks that are in use; of small ones those of their slabs. */
    private long used;

    /** Beyond this a garbage collection looks for memory that nobody refers to. */
    private long collectAt = Reclaimer.FLOOR;

    private int now;

    /** Whether nothing is to wait, until something is taken again. */
    private boolean closed;

    /** Whether a change is under way; if so at the beginning of the next one, it was cut short. */
    private boolean changing;

    /** Whether a block was lost on its way to or from its user. */
    private volatile boolean damaged;

    BlockPool(Supplier<MemoryLimit> limit, Pages pages) {
        this.limit = limit;
        this.space = new AddressSpace(pages);
        for (int i = 0; i < small.length; i++) {
            small[i] = new SizeClass(i);
        }
    }

    /**
     * A block of at least the given size.
     *
     * @throws OutOfTensorMemoryException when the system has no more, or the process may not have more
     */
    public Block take(long bytes) {
        int index = SizeClass.index(Math.max(bytes, ALIGNMENT));
        return index < SizeClass.SMALL ? takeSmall(small[index]) : takeLarge(SizeClass.bytes(index), bytes);
    }

    private Block takeSmall(SizeClass sizeClass) {
        synchronized (this) {
            enter();
            closed = false;
            Piece piece = sizeClass.pop();
            if (piece != null) {
                piece.slab().lend();
                piece.lent = true;
            }
            changing = false;
            if (piece != null) {
                return piece;
            }
        }
        Range slab = takeLarge(SizeClass.SLAB, SizeClass.SLAB);
        try {
            return firstOf(slab, sizeClass);
        } catch (Throwable e) {
            abandon(slab);
            throw e;
        }
    }

    private synchronized Piece firstOf(Range slab, SizeClass sizeClass) {
        enter();
        Piece piece = sizeClass.cut(slab);
        piece.lent = true;
        changing = false;
        return piece;
    }

    private Range takeLarge(long size, long asked) {
        long bytes = space.round(size);
        try {
            Range range = attempt(bytes, asked);
            if (range != null) {
                return range;
            }
            // not while this is locked: the cleaner's thread gives blocks back
            Reclaimer.collectNow();
        } catch (OutOfMemoryError e) {
            giveSpareBack();
            trim();
            Reclaimer.collectNow();
            trim();
        }
        return lastAttempt(bytes, asked);
    }

    /** Notes what is called before a request is refused. */
    public void whenShort(Runnable giveBack) {
        spare.add(giveBack);
    }

    /** Not while this is locked: blocks come back. */
    private void giveSpareBack() {
        spare.forEach(Runnable::run);
    }

    private Range lastAttempt(long bytes, long asked) {
        Range range;
        try {
            range = attemptBeyond(bytes, asked);
            if (range == null) {
                giveSpareBack();
                range = attemptBeyond(bytes, asked);
            }
        } catch (OutOfMemoryError e) {
            throw new OutOfTensorMemoryException(message(bytes, "the system has no more"), e);
        }
        if (range == null) {
            throw new OutOfTensorMemoryException(message(bytes, "the process may have " + limit.get()), null);
        }
        return range;
    }

    /** An attempt that no collection comes before any more. */
    private synchronized @Nullable Range attemptBeyond(long bytes, long asked) {
        collectAt = Math.max(Reclaimer.FLOOR, 2 * (used + bytes));
        return attempt(bytes, asked);
    }

    /**
     * A block, or null where others should be collected, or have to, before there may be a new one.
     *
     * @throws OutOfMemoryError when the system has no more
     */
    private synchronized @Nullable Range attempt(long bytes, long asked) {
        enter();
        closed = false;
        Range range = space.reuse(bytes);
        if (range == null) {
            long most = limit.get().forTensors();
            if (used + bytes > collectAt || bytes > most - space.used()) {
                changing = false;
                return null;
            }
            range = space.fresh(bytes);
            // nobody has touched it yet: what has to go can go now
            space.trimTo(Math.min(most, allowed(Math.max(inUse.peak(), used + asked))));
        }
        range.asked = asked;
        used += asked;
        inUse.note(used);
        range.lent = true;
        changing = false;
        return range;
    }

    /** Takes a block back. */
    public void give(Block block) {
        new Loan(this, block).run();
    }

    /** Takes a loan's block back; whether something may wait now. */
    synchronized boolean takeBack(Loan loan) {
        enter();
        if (loan.end()) {
            boolean waits = true;
            if (loan.block() instanceof Piece piece) {
                waits = returned(piece);
            } else {
                await((Range) loan.block());
            }
            if (waits) {
                space.trimTo(closed ? 0 : allowed(inUse.peak()));
            }
            if (closed) {
                space.unmapClean();
            }
        }
        changing = false;
        return !closed;
    }

    /** Gives up a block that did not reach its user, or not the pool: the next change finds it. */
    public void abandon(Block block) {
        block.lent = false;
        damaged = true;
    }

    /** Begins a change. Where one was cut short before, all that nobody has becomes free first. */
    private void enter() {
        if (changing || damaged) {
            repair();
        }
        changing = true;
    }

    private void repair() {
        // first: who abandons a block meanwhile is heard next time
        damaged = false;
        changing = true;
        for (SizeClass sizeClass : small) {
            sizeClass.clear();
        }
        space.repair();
        used = 0;
        for (Region region = space.regions(); region != null; region = region.next) {
            for (Range range = region.lowest; range != null; range = range.upper()) {
                if (range.lent) {
                    used += range.asked;
                    range.recount(small);
                }
            }
        }
    }

    /** Takes a piece back; whether its slab waits now. */
    private boolean returned(Piece piece) {
        SizeClass sizeClass = small[piece.sizeClass()];
        Range slab = piece.slab();
        sizeClass.push(piece);
        boolean waits = slab.returned() && (closed || sizeClass.hasMoreThan(slab));
        if (waits) {
            sizeClass.dissolve(slab);
            await(slab);
        }
        return waits;
    }

    private void await(Range range) {
        range.lent = false;
        used -= range.asked;
        space.give(range);
    }

    /** Gives everything that waits back to the system; returns the bytes. */
    public synchronized long trim() {
        enter();
        for (SizeClass sizeClass : small) {
            for (Range slab : sizeClass.unusedSlabs()) {
                sizeClass.dissolve(slab);
                await(slab);
            }
        }
        long before = space.held();
        space.trimTo(0);
        space.unmapClean();
        changing = false;
        return before - space.held();
    }

    /** Gives everything that waits back, and what is in use as soon as it is given back, until something is taken again. */
    public synchronized void close() {
        closed = true;
        trim();
    }

    /** The bytes taken from the system and not given back. */
    public synchronized long bytesFromSystem() {
        enter();
        changing = false;
        return space.held();
    }

    /** Moves the minute on; false when nothing waits that time could give back. */
    synchronized boolean tick() {
        enter();
        space.tick(++now);
        inUse.tick(used);
        long peak = inUse.peak();
        space.trimTo(allowed(peak));
        space.trimSince(now - TICKS);
        space.unmapClean();
        collectAt = Math.max(Reclaimer.FLOOR, 2 * peak);
        changing = false;
        return isWaiting();
    }

    synchronized boolean isWaiting() {
        return space.waiting() > 0;
    }

    private String message(long bytes, String why) {
        String hint = Reclaimer.isExplicitCollectionDisabled()
                ? "; the JVM runs with -XX:+DisableExplicitGC, so tensors outside every scope come back late: remove it"
                : "";
        return "out of memory: " + bytes + " bytes asked for with " + bytesFromSystem() + " bytes held: " + why
                + "; release tensors earlier (Scope), or give the process more memory" + hint;
    }

    /** How much may be held when at most so much was in use. */
    private static long allowed(long peak) {
        return Math.max(peak / 100 * SLACK_PERCENT, peak + FREE);
    }
}
