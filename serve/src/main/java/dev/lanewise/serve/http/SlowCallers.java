package dev.lanewise.serve.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Disconnects callers that take too long to send a request or to take an answer in. A connection has no deadline of its
 * own, and would hold memory and keep the server from draining for as long as its client likes. Connections are looked at
 * ten times a second: a timer for each request, each body and each answer would wake its thread for nearly every one.
 */
public final class SlowCallers {
    private static final long LOOK_MILLIS = 100;
    private static final Set<Incoming> CONNECTIONS = ConcurrentHashMap.newKeySet();
    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private SlowCallers() {}

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("lanewise-slow-callers").factory());
        timer.setRemoveOnCancelPolicy(true);
        var ignored = timer.scheduleWithFixedDelay(SlowCallers::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return timer;
    }

    private static void look() {
        long now = System.nanoTime();
        for (Incoming connection : CONNECTIONS) {
            if (connection.isLate(now)) {
                // which may block, and others are to be disconnected meanwhile
                Thread.ofVirtual().start(connection::disconnect);
            }
        }
    }

    /** Looks at a connection from now on. */
    static void watch(Incoming connection) {
        CONNECTIONS.add(connection);
    }

    /** Looks at a connection no longer. */
    static void forget(Incoming connection) {
        CONNECTIONS.remove(connection);
    }

    /**
     * Closes a connection later.
     *
     * @param patience when
     * @param disconnect closes it; may block
     * @return to be cancelled if it is to stay
     */
    static Future<?> disconnectAfter(Duration patience, Runnable disconnect) {
        // others are to be disconnected meanwhile
        return TIMER.schedule(() -> Thread.ofVirtual().start(disconnect), patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Exchanges something with a caller.
     *
     * @param patience how long that may take; then the connection is closed, and whatever waits for it fails
     * @return what the exchange gives
     */
    public static <T> T within(Duration patience, Caller caller, Supplier<T> exchange) {
        caller.limit(patience);
        try {
            return exchange.get();
        } finally {
            caller.unlimit();
        }
    }
}
