package dev.lanewise.cpu.parallel;

import dev.lanewise.tensor.TensorException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * The worker threads of the process.
 *
 * <p>Tasks are numbered, and handed out one by one; how work is cut into tasks must depend on its size only, so that results
 * are the same bits for any number of threads. The calling thread works too. A call made while the workers are busy, from
 * inside a task or from another thread, runs all its tasks on its own thread. Any thread may call, virtual ones included.
 *
 * <p>The number of threads is {@code -Dlanewise.threads}, from 1 to {@value #MOST}, by default that of the processors.
 * Threads end when they had nothing to do for a minute, and when {@link #shutdown} stops them; the next call starts them
 * again.
 */
public final class Workers {
    private static final String SETTING = "lanewise.threads";

    /** More threads than any machine has use for; each costs a stack and a share of every call. */
    private static final int MOST = 4096;

    private static final ReentrantLock RESIZE = new ReentrantLock();
    private static volatile Pool pool = new Pool(setting());

    private Workers() {}

    /** Threads that share the work, the caller included. */
    public static int threads() {
        return pool.threads();
    }

    /**
     * Changes the number of threads; calls under way finish with the threads they have.
     *
     * @throws IllegalArgumentException if {@code threads} is less than 1 or more than {@value #MOST}
     */
    public static void setThreads(int threads) {
        if (threads < 1 || threads > MOST) {
            throw new IllegalArgumentException("worker threads: " + threads + ", expected 1 to " + MOST);
        }
        RESIZE.lock();
        try {
            Pool old = pool;
            if (old.threads() != threads) {
                pool = new Pool(threads);
                old.shutdown();
            }
        } finally {
            RESIZE.unlock();
        }
    }

    /** Ends the threads and waits for their end; calls under way finish on their own, the next one starts new threads. */
    public static void shutdown() {
        Pool old;
        RESIZE.lock();
        try {
            old = pool;
            pool = new Pool(old.threads());
            old.shutdown();
        } finally {
            RESIZE.unlock();
        }
        old.join();
    }

    /**
     * Checks {@code -Dlanewise.threads}.
     *
     * @throws TensorException if it is not a number of threads
     */
    public static void checkSetting() {
        String value = System.getProperty(SETTING);
        if (value != null && parse(value) == 0) {
            throw new TensorException(SETTING + ": '" + value + "' (expected a number from 1 to " + MOST
                    + "); correct or remove -D" + SETTING);
        }
    }

    private static int setting() {
        String value = System.getProperty(SETTING);
        int processors = Math.min(Runtime.getRuntime().availableProcessors(), MOST);
        // one that is wrong is reported where the backend is asked for
        return value == null ? processors : Math.max(1, parse(value));
    }

    /** The number, or 0 if it is none in range. */
    private static int parse(String value) {
        try {
            int threads = Integer.parseInt(value.strip());
            return threads > MOST ? 0 : Math.max(threads, 0);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /**
     * Runs {@code body} for 0 to {@code tasks - 1} and returns when all are done.
     *
     * @throws RuntimeException the first exception a task threw, after all tasks have ended
     */
    public static void run(int tasks, IntConsumer body) {
        if (tasks > Pool.MOST_TASKS) {
            forRange(tasks, 1, (from, to) -> {
                for (long task = from; task < to; task++) {
                    body.accept((int) task);
                }
            });
            return;
        }
        Pool current = pool;
        if (tasks <= 1 || current.threads() == 1 || !current.tryRun(tasks, body)) {
            for (int task = 0; task < tasks; task++) {
                Apart.run(body, task);
            }
        }
    }

    /**
     * Runs {@code body} over {@code [0, size)} in chunks of {@code grain}, or larger ones where these would be more than
     * {@value Pool#MOST_TASKS}; a size of at most one grain stays on the caller.
     *
     * @throws IllegalArgumentException if {@code grain} is less than 1
     */
    public static void forRange(long size, long grain, RangeBody body) {
        if (grain < 1) {
            throw new IllegalArgumentException("parallel range: grain " + grain + ", expected 1 or more");
        }
        if (size <= grain) {
            if (size > 0) {
                Apart.run(body, 0, size);
            }
            return;
        }
        long chunk = Math.max(grain, Math.ceilDiv(size, (long) Pool.MOST_TASKS));
        int tasks = (int) Math.ceilDiv(size, chunk);
        Pool current = pool;
        if (tasks == 1 || current.threads() == 1 || !current.tryRun(tasks, size, chunk, body)) {
            for (long from = 0; from < size; from += chunk) {
                Apart.run(body, from, Math.min(size, from + chunk));
            }
        }
    }
}
