package dev.lanewise.tensor.internal;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The thread that gives back memory that the pool no longer needs. It ends when no block waits in the pool, and keeps
 * no reference to anything of the thread that started it.
 */
public final class PoolKeeper extends Thread {
    private static final AtomicReference<@Nullable PoolKeeper> RUNNING = new AtomicReference<>();

    private static final long TICK_MILLIS = 5_000;

    private PoolKeeper() {
        super(null, null, "lanewise-memory", 0, false);
        setDaemon(true);
        setContextClassLoader(null);
    }

    /** Starts the thread unless it is running. */
    static void ensure() {
        if (RUNNING.get() == null) {
            startNew();
        }
    }

    private static void startNew() {
        PoolKeeper keeper = new PoolKeeper();
        if (RUNNING.compareAndSet(null, keeper)) {
            try {
                keeper.start();
            } catch (OutOfMemoryError e) {
                // no thread can be started: the next block that comes back tries again
                RUNNING.set(null);
            }
        }
    }

    /** Ends the thread and waits for its end; the next block that comes back starts another one. */
    public static void end() {
        PoolKeeper keeper = RUNNING.getAndSet(null);
        if (keeper != null) {
            keeper.interrupt();
            boolean interrupted = false;
            while (keeper.isAlive()) {
                try {
                    keeper.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void run() {
        boolean waiting = true;
        while (waiting && RUNNING.get() == this) {
            try {
                Thread.sleep(TICK_MILLIS);
                waiting = BlockPool.SHARED.tick();
            } catch (InterruptedException e) {
                waiting = false;
            }
        }
        if (RUNNING.compareAndSet(this, null) && BlockPool.SHARED.isWaiting()) {
            // something came back after the last look
            ensure();
        }
    }
}
