package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.spi.Buffer;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The backstop for buffers that no scope releases: gives their memory back when they become unreachable, and asks for a
 * garbage collection when their total size has grown past a limit, since the Java heap holds only a few bytes of each.
 *
 * <p>The limit starts at {@code -Dlanewise.unscoped} bytes (default 256 MiB) and becomes, after each collection, twice
 * what turned out to be in use.
 */
public final class Reclaimer {
    private static final Cleaner CLEANER = Cleaner.create();

    /** Below this, no collection is requested. */
    static final long FLOOR = Math.max(0, Long.getLong(MemoryLimit.UNSCOPED, 256L << 20));

    private static final AtomicLong GUARDED = new AtomicLong();

    /** How many scopes were left open by threads that have ended. */
    private static final AtomicLong ORPHANS = new AtomicLong();

    private static final Object COLLECTION = new Object();

    private static final int GARBAGE = 64 << 10;

    /** How long a collection waits for the cleaner's thread: more than it needs, even on a busy machine. */
    private static final int PATIENCE_MILLIS = 500;

    /** For how long nothing comes back any more once all has: a thread that others keep from its core comes to it again. */
    private static final int QUIET_MILLIS = 8;

    private static volatile long limit = FLOOR;

    @SuppressWarnings("UnusedVariable") // written so that the compiler does not remove allocations that nobody reads
    private static volatile byte @Nullable [] garbage;

    private static volatile @Nullable Thread cleaner;

    private Reclaimer() {}

    /**
     * Frees a buffer's block when the buffer becomes unreachable.
     *
     * @param buffer the buffer to watch
     * @param block gives the memory back at most once; does not refer to the buffer
     * @param bytes the block's size
     * @return a handle that frees the block now
     */
    public static Cleaner.Cleanable watch(Buffer buffer, Runnable block, long bytes) {
        GUARDED.addAndGet(bytes);
        try {
            return CLEANER.register(buffer, () -> {
                GUARDED.addAndGet(-bytes);
                block.run();
            });
        } catch (StackOverflowError | OutOfMemoryError e) {
            GUARDED.addAndGet(-bytes);
            throw e;
        }
    }

    /** Hands a scope's buffers on when the scope becomes unreachable: its thread ended without closing it. */
    static Cleaner.Cleanable watch(Ownership scope, Runnable handOn) {
        return CLEANER.register(scope, handOn);
    }

    /** Runs, on the cleaner's thread, what a scope that was left open hands on. */
    static void orphaned(Runnable handOn) {
        cleaner = Thread.currentThread();
        ORPHANS.incrementAndGet();
        handOn.run();
    }

    /** Collects garbage if the watched buffers have grown past the limit. */
    public static void relieve() {
        if (GUARDED.get() > limit && !isCleaner()) {
            synchronized (COLLECTION) {
                if (GUARDED.get() > limit) {
                    collectNow();
                    limit = Math.max(FLOOR, 2 * GUARDED.get());
                }
            }
        }
    }

    /** Collects garbage and waits, briefly, for the blocks of unreachable buffers to come back. */
    public static void collectNow() {
        if (isCleaner()) {
            return;
        }
        long orphans = ORPHANS.get();
        collectOnce();
        if (ORPHANS.get() != orphans) {
            // only now has the collector become the owner of what was in those scopes
            collectOnce();
        }
    }

    /** Whether {@code System.gc()} does nothing here, for the message when memory runs out. */
    public static boolean isExplicitCollectionDisabled() {
        WeakReference<Object> canary = new WeakReference<>(new Object());
        System.gc();
        return canary.get() != null;
    }

    private static void collectOnce() {
        WeakReference<Object> canary = new WeakReference<>(new Object());
        AtomicBoolean cleaned = new AtomicBoolean();
        CLEANER.register(new Object(), () -> {
            cleaner = Thread.currentThread();
            cleaned.set(true);
        });
        System.gc();
        if (canary.get() != null) {
            provoke(canary);
        }
        await(cleaned::get);
        awaitQuiet();
    }

    /** Others may be cleaned after the one whose cleaning was waited for: until nothing changes, and the thread waits for more. */
    private static void awaitQuiet() {
        long before = -1;
        int quiet = 0;
        for (int waited = 0; waited < PATIENCE_MILLIS && quiet < QUIET_MILLIS; waited++) {
            pause();
            long now = GUARDED.get();
            quiet = now == before && !isCleaning() ? quiet + 1 : 0;
            before = now;
        }
    }

    private static boolean isCleaning() {
        Thread thread = cleaner;
        Thread.State state = thread == null ? Thread.State.WAITING : thread.getState();
        return state == Thread.State.RUNNABLE || state == Thread.State.BLOCKED;
    }

    /** Where explicit collections are disabled, allocates until the collector has run, a heap's worth at most. */
    private static void provoke(Reference<Object> canary) {
        long most = Runtime.getRuntime().maxMemory();
        for (long allocated = 0; allocated < most && canary.get() != null; allocated += GARBAGE) {
            garbage = new byte[GARBAGE];
        }
        garbage = null;
    }

    private static void await(BooleanSupplier condition) {
        for (int waited = 0; waited < PATIENCE_MILLIS && !condition.getAsBoolean(); waited++) {
            pause();
        }
    }

    /** Sleeps for a millisecond, even if the thread is interrupted: memory must come back there as well. */
    private static void pause() {
        boolean interrupted = Thread.interrupted();
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The cleaner's own thread must not wait for itself. */
    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    private static boolean isCleaner() {
        return Thread.currentThread() == cleaner;
    }
}
