package dev.lanewise.cpu.parallel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of daemon threads that serve one call at a time.
 *
 * <p>The tasks of a call are dealt out in shares of neighbours, one per thread: what one call leaves in a core's cache the
 * next call over the same memory finds there, and hardware prefetching runs on from task to task. A thread works through
 * its share from the front and then helps others from the back of theirs.
 *
 * <p>A share is one word: the call's number, its next task and its end. So a worker that is late, still reading the fields
 * of an earlier call, can never claim a task of this one: its compare-and-set fails. As long as some share of a call has
 * tasks left, the call is not over and its fields stay as they are.
 */
final class Pool {
    /** Idle workers and a waiting caller spin this long before they park: a wake-up from the system costs about as much. */
    private static final long SPIN_NANOS = 40_000;

    /**
     * Those whose last wait was shorter than this spin this long. The calls of a small model come at such intervals, and
     * a wake-up for each would cost a sixth of the time. With other programs on the cores waits are longer, and nobody
     * takes more than the short spin from them.
     */
    private static final long BUSY_SPIN_NANOS = 200_000;

    private static final int SPINS_PER_CLOCK_READ = 64;

    /** A worker that had nothing to do for so long ends, so that an application that is done leaves no thread behind. */
    private static final long IDLE_NANOS = 60_000_000_000L;

    /** Where the system starts no more threads, a call does without them, and a call a second later tries again. */
    private static final long RETRY_NANOS = 1_000_000_000L;

    /** The most tasks of a call: numbers of tasks are half of a share's lower half. */
    static final int MOST_TASKS = 0xFFFF;

    private static final int NEXT_SHIFT = 16;

    /** The distance of two shares in words: two cache lines, which processors fetch in pairs. */
    private static final int SHARE_STRIDE = 16;

    private static final int NONE = -1;

    private static final VarHandle DONE;
    private static final VarHandle BUSY;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            DONE = lookup.findVarHandle(Pool.class, "done", int.class);
            BUSY = lookup.findVarHandle(Pool.class, "busy", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Worker[] workers;
    private final AtomicLongArray shares;
    private volatile boolean busy;
    /** Of the newest call. */
    private volatile int number;

    private volatile int done;
    private volatile boolean stopped;
    /** The caller gave up; its tasks must not be claimed any more. */
    private volatile boolean abandoned;

    /** Whether all workers run, as far as is known. */
    private volatile boolean started;

    private long startAgain = System.nanoTime();
    private volatile @Nullable Thread waitingCaller;
    private volatile @Nullable Throwable failure;
    private int tasks;
    private long callerSpinNanos = SPIN_NANOS;
    private @Nullable IntConsumer taskBody;
    private @Nullable RangeBody rangeBody;
    private long size;
    private long chunk;

    Pool(int threads) {
        workers = new Worker[threads - 1];
        shares = new AtomicLongArray(threads * SHARE_STRIDE);
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1, 0);
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

    /** Waits until the threads that {@link #shutdown} stopped have ended. */
    @SuppressWarnings("ReferenceEquality") // threads are compared, not their contents
    void join() {
        boolean interrupted = false;
        for (Worker worker : workers) {
            while (worker.isAlive() && worker != Thread.currentThread()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs the tasks and returns true, or returns false at once when another call has the workers. */
    boolean tryRun(int taskCount, IntConsumer body) {
        return tryRun(taskCount, body, null, 0, 0);
    }

    /** As {@link #tryRun(int, IntConsumer)} for chunks of a range. */
    boolean tryRun(int taskCount, long rangeSize, long rangeChunk, RangeBody body) {
        return tryRun(taskCount, null, body, rangeSize, rangeChunk);
    }

    /**
     * Runs a call's tasks. The caller's stack may overflow in any method called from here, also on entering it. So this
     * one both takes the workers and gives them back, the latter with nothing but fields.
     */
    private boolean tryRun(
            int taskCount, @Nullable IntConsumer task, @Nullable RangeBody range, long rangeSize, long rangeChunk) {
        if (busy || !BUSY.compareAndSet(this, false, true)) {
            return false;
        }
        boolean over = false;
        Throwable thrown;
        try {
            taskBody = task;
            rangeBody = range;
            size = rangeSize;
            chunk = rangeChunk;
            share(taskCount);
            over = true;
        } finally {
            if (!over) {
                abandoned = true;
                for (int i = 0; i < workers.length; i++) {
                    while (workers[i].active) {
                        // a worker still runs a task of this call, on memory that is the caller's
                    }
                }
            }
            thrown = failure;
            waitingCaller = null;
            taskBody = null;
            rangeBody = null;
            failure = null;
            busy = false;
        }
        rethrow(thrown);
        return true;
    }

    private void share(int taskCount) {
        tasks = taskCount;
        done = 0;
        failure = null;
        if (abandoned) {
            forget();
        }
        if (!started) {
            startThreads();
        }
        int call = number + 1;
        deal(call);
        number = call;
        wake(taskCount - 1);
        work(call, 0);
        awaitOthers(taskCount);
    }

    /** Withdraws the tasks of an abandoned call, before a worker that is late may look again. */
    private void forget() {
        for (int share = 0; share < threads(); share++) {
            shares.set(share * SHARE_STRIDE, 0);
        }
        int withdrawn = number + 1;
        number = withdrawn;
        abandoned = false;
    }

    private void deal(int call) {
        int count = Math.min(tasks, threads());
        for (int share = 0; share < count; share++) {
            long first = (long) tasks * share / count;
            long end = (long) tasks * (share + 1) / count;
            shares.setRelease(share * SHARE_STRIDE, (long) call << 32 | first << NEXT_SHIFT | end);
        }
    }

    private void startThreads() {
        if (System.nanoTime() - startAgain < 0) {
            return;
        }
        boolean all = false;
        // before the look at each: a worker that ends meanwhile takes it back
        started = true;
        try {
            all = startEach();
        } finally {
            if (!all) {
                started = false;
            }
        }
    }

    private boolean startEach() {
        for (int i = 0; i < workers.length; i++) {
            if (workers[i].ended) {
                workers[i] = new Worker(i + 1, number);
            }
            if (workers[i].getState() == Thread.State.NEW && !start(workers[i])) {
                startAgain = System.nanoTime() + RETRY_NANOS;
                return false;
            }
        }
        return true;
    }

    private static boolean start(Worker worker) {
        try {
            worker.start();
            return true;
        } catch (OutOfMemoryError e) {
            // the process may have no more threads; the caller does the work of those that are missing
            return false;
        }
    }

    private void wake(int wanted) {
        for (int i = 0; i < workers.length && i < wanted; i++) {
            if (workers[i].parked) {
                LockSupport.unpark(workers[i]);
            }
        }
    }

    /** Claims and runs tasks of the given call, those of a thread's own share first, until none is left. */
    private void work(int call, int thread) {
        int count = Math.min(tasks, threads());
        int finished = 0;
        for (int i = 0; i < count; i++) {
            int share = (thread + i) % count;
            for (int task = claim(call, share, i == 0); task != NONE; task = claim(call, share, i == 0)) {
                runTask(task);
                finished++;
            }
        }
        if (finished > 0) {
            finish(finished);
        }
    }

    /** Takes the first or the last task of a share; {@link #NONE} if it has none of this call. */
    private int claim(int call, int share, boolean first) {
        while (true) {
            long seen = shares.get(share * SHARE_STRIDE);
            int next = (int) seen >>> NEXT_SHIFT;
            int end = (int) seen & MOST_TASKS;
            if ((int) (seen >>> 32) != call || next == end || abandoned) {
                return NONE;
            }
            long rest = first ? seen + (1L << NEXT_SHIFT) : seen - 1;
            if (shares.compareAndSet(share * SHARE_STRIDE, seen, rest)) {
                return first ? next : end - 1;
            }
        }
    }

    private void runTask(int task) {
        try {
            if (taskBody != null) {
                Apart.run(taskBody, task);
            } else if (rangeBody != null) {
                long from = task * chunk;
                Apart.run(rangeBody, from, Math.min(size, from + chunk));
            }
        } catch (Throwable e) {
            recordFailure(e);
        }
    }

    private synchronized void recordFailure(Throwable e) {
        if (failure == null) {
            failure = e;
        }
    }

    private void finish(int finished) {
        int count = tasks;
        if ((int) DONE.getAndAdd(this, finished) + finished == count) {
            Thread caller = waitingCaller;
            if (caller != null) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void awaitOthers(int count) {
        if (done == count) {
            return;
        }
        long start = System.nanoTime();
        if (!spinUntilDone(count, start)) {
            parkUntilDone(count);
        }
        callerSpinNanos = nextSpin(start);
    }

    /** {@return how long to spin after a wait that began at the given time} */
    private static long nextSpin(long start) {
        return System.nanoTime() - start < BUSY_SPIN_NANOS ? BUSY_SPIN_NANOS : SPIN_NANOS;
    }

    private void parkUntilDone(int count) {
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

    private boolean spinUntilDone(int count, long start) {
        do {
            for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
                if (done == count) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - start < callerSpinNanos);
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
        private final int position;
        private final int first;
        private volatile boolean parked;
        /** Whether it may be running tasks. */
        private volatile boolean active;

        private volatile boolean ended;

        private long spinNanos = SPIN_NANOS;

        /** Holds nothing of the thread that happens to start it: no class loader, no inherited variables. */
        Worker(int position, int first) {
            super(null, null, "lanewise-worker-" + position, 0, false);
            this.position = position;
            this.first = first;
            setDaemon(true);
            setContextClassLoader(null);
        }

        @Override
        public void run() {
            int served = first;
            long idleSince = System.nanoTime();
            while (!stopped) {
                int call = awaitCall(served);
                if (call != served) {
                    active = true;
                    try {
                        work(call, position);
                    } finally {
                        active = false;
                    }
                    served = call;
                    idleSince = System.nanoTime();
                } else if (System.nanoTime() - idleSince > IDLE_NANOS) {
                    // the next call starts another one
                    ended = true;
                    started = false;
                    return;
                }
            }
        }

        /** The number of the newest call, or {@code served} when woken without one. */
        private int awaitCall(int served) {
            long start = System.nanoTime();
            int call = spinForCall(served, start);
            if (call == served) {
                parked = true;
                if (number == served && !stopped) {
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
                parked = false;
                call = number;
            }
            spinNanos = nextSpin(start);
            return call;
        }

        private int spinForCall(int served, long start) {
            do {
                for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
                    int call = number;
                    if (call != served) {
                        return call;
                    }
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() - start < spinNanos && !stopped);
            return served;
        }
    }
}
