package dev.lanewise.distributed;

import java.util.concurrent.locks.LockSupport;

/** How a thread asks again and again for what comes soon or late, without taking a processor that training needs. */
final class Backoff {
    private static final int SPINS = 200;
    private static final int YIELDS = 2000;
    private static final long NAP_NANOS = 50_000;

    private int asked;

    /** Waits before the next question, longer after many of them. */
    @SuppressWarnings("ThreadPriorityCheck") // only speed depends on the scheduler
    void pause() {
        if (asked < SPINS) {
            asked++;
            Thread.onSpinWait();
        } else if (asked < YIELDS) {
            asked++;
            Thread.yield();
        } else {
            LockSupport.parkNanos(NAP_NANOS);
        }
    }
}
