package dev.lanewise.examples.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets interrupted training (Ctrl-C) finish its step and save before the program ends. */
final class Interruption implements AutoCloseable {
    private static final long MOST_SECONDS = 60;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "interruption");
    private volatile boolean requested;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void stop() {
        requested = true;
        try {
            if (!done.await(MOST_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("lanewise: the step did not end in " + MOST_SECONDS + " s; nothing more was saved");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the program has been asked to end. */
    boolean requested() {
        return requested;
    }

    @Override
    public void close() {
        done.countDown();
        if (!requested) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}
