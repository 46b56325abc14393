package dev.lanewise.cpu.parallel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of daemon threads that serve one call at a time.
 *
 * <p>{@code ticket} holds the number of the current call in its upper half and the next task in its lower half, so that a
 * worker which is late, still reading the fields of an earlier call, can never claim a task of this one: its
 * compare-and-set fails. Between two calls the ticket is closed, under a number of its own without tasks: a late worker of
 * the call before must not see fields of the next one under a number that it holds for its own. Fields of a call are
 * written while the ticket is closed and stay until its last task is done.
 */
final class Pool {
    /** Idle workers and a waiting caller spin this long before they park: a wake-up from the system costs about as much. */
    private static final long SPIN_NANOS = 40_000;

    private static final int SPINS_PER_CLOCK_READ = 64;

    /** More than any number of tasks. */
    private static final int CLOSED = Integer.MAX_VALUE;

    private static final VarHandle TICKET;
    private static final VarHandle DONE;
    private static final VarHandle BUSY;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TICKET = lookup.findVarHandle(Pool.class, "ticket", long.class);
            DONE = lookup.findVarHandle(Pool.class, "done", int.class);
            BUSY = lookup.findVarHandle(Pool.class, "busy", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Worker[] workers;
    private volatile boolean busy;
    private volatile long ticket;
    private volatile int done;
    private volatile boolean stopped;
    private volatile @Nullable Thread waitingCaller;
    private volatile @Nullable Throwable failure;
    private boolean started;
    private int tasks;
    private @Nullable IntConsumer taskBody;
    private @Nullable RangeBody rangeBody;
    private long size;
    private long chunk;

    Pool(int threads) {
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
        }
    }

    int threads() {
        return workers.length + 1;
    }

    /** Stops the threads once the call under way, if any, is done. */
    void shutdown() {
        stopped = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    /** Runs the tasks and returns true, or returns false at once when another call has the workers. */
    boolean tryRun(int taskCount, IntConsumer body) {
        if (!enter()) {
            return false;
        }
        taskBody = body;
        runAll(taskCount);
        return true;
    }

    /** As {@link #tryRun(int, IntConsumer)} for chunks of a range. */
    boolean tryRun(int taskCount, long rangeSize, long rangeChunk, RangeBody body) {
        if (!enter()) {
            return false;
        }
        rangeBody = body;
        size = rangeSize;
        chunk = rangeChunk;
        runAll(taskCount);
        return true;
    }

    private boolean enter() {
        if (busy || !BUSY.compareAndSet(this, false, true)) {
            return false;
        }
        ticket = (ticket >>> 32) + 1 << 32 | CLOSED;
        return true;
    }

    private void runAll(int taskCount) {
        tasks = taskCount;
        done = 0;
        failure = null;
        startThreads();
        long call = (ticket >>> 32) + 1;
        ticket = call << 32;
        wake(taskCount - 1);
        work(call);
        awaitOthers(taskCount);
        Throwable thrown = failure;
        taskBody = null;
        rangeBody = null;
        failure = null;
        busy = false;
        rethrow(thrown);
    }

    private void startThreads() {
        if (!started) {
            started = true;
            for (Worker worker : workers) {
                worker.start();
            }
        }
    }

    private void wake(int wanted) {
        for (int i = 0; i < workers.length && i < wanted; i++) {
            if (workers[i].parked) {
                LockSupport.unpark(workers[i]);
            }
        }
    }

    /** Claims and runs tasks of the given call until none is left. */
    private void work(long call) {
        int count = tasks;
        IntConsumer each = taskBody;
        RangeBody range = rangeBody;
        long rangeSize = size;
        long rangeChunk = chunk;
        while (true) {
            long seen = ticket;
            int task = (int) seen;
            if (seen >>> 32 != (call & 0xFFFF_FFFFL) || task >= count) {
                return;
            }
            if (TICKET.compareAndSet(this, seen, seen + 1)) {
                try {
                    if (each != null) {
                        each.accept(task);
                    } else if (range != null) {
                        long from = task * rangeChunk;
                        range.run(from, Math.min(rangeSize, from + rangeChunk));
                    }
                } catch (Throwable e) {
                    recordFailure(e);
                }
                finishTask(count);
            }
        }
    }

    private synchronized void recordFailure(Throwable e) {
        if (failure == null) {
            failure = e;
        }
    }

    private void finishTask(int count) {
        if ((int) DONE.getAndAdd(this, 1) + 1 == count) {
            Thread caller = waitingCaller;
            if (caller != null) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void awaitOthers(int count) {
        if (done == count || spinUntilDone(count)) {
            return;
        }
        boolean interrupted = false;
        waitingCaller = Thread.currentThread();
        while (done != count) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        waitingCaller = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean spinUntilDone(int count) {
        long start = System.nanoTime();
        do {
            for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
                if (done == count) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - start < SPIN_NANOS);
        return false;
    }

    private static void rethrow(@Nullable Throwable thrown) {
        if (thrown instanceof Error e) {
            throw e;
        }
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown != null) {
            throw new IllegalStateException("a task of a parallel kernel failed", thrown);
        }
    }

    private final class Worker extends Thread {
        private volatile boolean parked;

        Worker(int number) {
            super("lanewise-worker-" + number);
            setDaemon(true);
        }

        @Override
        public void run() {
            long served = 0;
            while (!stopped) {
                long call = awaitCall(served);
                if (call != served) {
                    work(call);
                    served = call;
                }
            }
        }

        /** The number of the newest call, or {@code served} when woken without one. */
        private long awaitCall(long served) {
            long start = System.nanoTime();
            do {
                for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
                    long call = ticket >>> 32;
                    if (call != served) {
                        return call;
                    }
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() - start < SPIN_NANOS && !stopped);
            parked = true;
            if (ticket >>> 32 == served && !stopped) {
                LockSupport.park(this);
            }
            parked = false;
            return ticket >>> 32;
        }
    }
}
