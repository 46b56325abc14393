package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.spi.Buffer;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The backstop for buffers that no scope releases: returns their memory when they become unreachable, and asks for a
 * garbage collection when their bytes have grown past a limit, since the Java heap sees only a few bytes of each.
 *
 * <p>The limit starts at {@code -Dlanewise.unscoped} bytes (default 256 MiB) and after a collection follows twice what
 * turned out to be in use.
 */
public final class Reclaimer {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final long FLOOR = Long.getLong("lanewise.unscoped", 256L << 20);
    private static final AtomicLong GUARDED = new AtomicLong();
    private static final Object COLLECTION = new Object();

    private static volatile long limit = FLOOR;

    private Reclaimer() {}

    /**
     * Frees a buffer's block when the buffer becomes unreachable.
     *
     * @param buffer what is watched
     * @param block gives the memory back at most once; does not refer to the buffer
     * @param bytes the block's size
     * @return frees the block now
     */
    public static Cleaner.Cleanable watch(Buffer buffer, Runnable block, long bytes) {
        long guarded = GUARDED.addAndGet(bytes);
        Cleaner.Cleanable guard = CLEANER.register(buffer, () -> {
            GUARDED.addAndGet(-bytes);
            block.run();
        });
        if (guarded > limit) {
            relieve();
        }
        return guard;
    }

    /** Collects garbage and waits, briefly, for the blocks of unreachable buffers to come back. */
    public static void collectNow() {
        System.gc();
        long before = GUARDED.get();
        for (int wait = 0; wait < 50; wait++) {
            pause();
            long now = GUARDED.get();
            if (now == before && wait > 2) {
                return;
            }
            before = now;
        }
    }

    private static void relieve() {
        synchronized (COLLECTION) {
            if (GUARDED.get() > limit) {
                collectNow();
                limit = Math.max(FLOOR, 2 * GUARDED.get());
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
