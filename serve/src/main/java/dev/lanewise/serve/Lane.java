package dev.lanewise.serve;

import dev.lanewise.serve.event.BatchEvent;
import dev.lanewise.serve.http.Caller;
import dev.lanewise.serve.http.CallerGone;
import dev.lanewise.serve.http.Refusal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The queue in front of one version of a model, and the threads that compute what is in it, in order, several requests at
 * once where they fit. These are threads of the system: a kernel would not let go of the one that carries virtual threads,
 * and requests could be neither accepted nor refused meanwhile.
 */
final class Lane implements AutoCloseable {
    /** Most answers are there by then, and it would cost more to look after their callers. */
    private static final long UNWATCHED_NANOS = 20_000_000;

    private final String name;
    private final Batching batching;
    private final Computation computation;
    private final Together together;
    private final Signature signature;
    private final List<Thread> workers = new ArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();
    private boolean closed;
    private boolean hurries;
    /** How long a request occupies a worker, smoothed; for telling clients when to come back. */
    private volatile long nanosPerRequest;

    /**
     * Starts the threads.
     *
     * @param name the model's, and of the threads
     * @param together which requests may be put together
     * @param observer is told of what is computed
     */
    Lane(String name, Servable servable, Together together, Batching batching, BatchObserver observer) {
        this.name = name;
        this.batching = batching;
        this.together = together;
        this.signature = servable.signature();
        this.computation = new Computation(servable, together.padding(), observer);
        for (int i = 0; i < batching.workers(); i++) {
            workers.add(Thread.ofPlatform().daemon().name(name + "-" + i).start(this::work));
        }
    }

    /**
     * A request for this lane's queue, not in it yet.
     *
     * @throws Refusal if its inputs don't belong together
     */
    Pending pending(InferRequest request) {
        return new Pending(request, signature, together.padding() == null ? 1 : batching.bucket());
    }

    /**
     * Puts a request into the queue.
     *
     * @return whether it is there; it is not if the lane has closed
     * @throws Refusal if the queue is full
     */
    boolean offer(Pending pending) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            checkRoom();
            queue.add(pending);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Refuses a request before its body is read, which would take time from those that are answered.
     *
     * @throws Refusal if the queue is full
     */
    void requireRoom() {
        lock.lock();
        try {
            checkRoom();
        } finally {
            lock.unlock();
        }
    }

    private void checkRoom() {
        if (queue.size() >= batching.queue()) {
            throw Refusal.busy(
                    queue.size() + " requests are waiting; try again later",
                    Duration.ofNanos(nanosPerRequest * queue.size() / batching.workers()));
        }
    }

    /**
     * Waits for the answer to a request that was put into the queue.
     *
     * @param patience how long to wait
     * @param caller for whom; once it is gone, its request gives up its place
     * @throws Refusal if time is up, or the model can't take the request
     * @throws CallerGone if the caller is gone
     */
    Answer await(Pending pending, Duration patience, Caller caller) {
        try {
            return watched(pending, patience, caller);
        } catch (TimeoutException e) {
            remove(pending);
            throw Refusal.late("no answer within " + patience.toMillis() + " ms; send less, or wait longer");
        } catch (InterruptedException e) {
            remove(pending);
            Thread.currentThread().interrupt();
            throw Refusal.unavailable("the server is ending; ask another one");
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof Refusal refusal) {
                throw refusal;
            }
            if (cause instanceof CallerGone gone) {
                remove(pending);
                throw gone;
            }
            throw Refusal.failed("the model failed", e);
        }
    }

    private static Answer watched(Pending pending, Duration patience, Caller caller)
            throws InterruptedException, ExecutionException, TimeoutException {
        long first = Math.min(patience.toNanos(), UNWATCHED_NANOS);
        try {
            return pending.answer.get(first, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            if (patience.toNanos() <= first) {
                throw e;
            }
            caller.whenGone(() -> pending.answer.completeExceptionally(new CallerGone()));
            try {
                return pending.answer.get(patience.toNanos() - first, TimeUnit.NANOSECONDS);
            } finally {
                caller.forget();
            }
        }
    }

    /** Gives up the place of a request that is still in the queue; its answer is not awaited. */
    void remove(Pending pending) {
        lock.lock();
        try {
            queue.remove(pending);
        } finally {
            lock.unlock();
        }
    }

    /** How many requests are in the queue. */
    int waiting() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        Wave wave = Wave.NONE;
        for (List<Pending> batch = next(wave); !batch.isEmpty(); batch = next(wave)) {
            long start = System.nanoTime();
            BatchEvent event = new BatchEvent();
            computation.run(batch);
            event.ended(name, batch.size(), Pending.rows(batch));
            long end = System.nanoTime();
            wave = Wave.after(batch.size(), start, end);
            long each = (end - start) / batch.size();
            nanosPerRequest = nanosPerRequest == 0 ? each : nanosPerRequest + (each - nanosPerRequest) / 8;
        }
    }

    /** The next requests to compute, removed from the queue; none once the lane is closed and all are computed. */
    private List<Pending> next(Wave wave) {
        List<Pending> batch = new ArrayList<>();
        lock.lock();
        try {
            while (queue.isEmpty()) {
                if (closed) {
                    return batch;
                }
                changed.awaitUninterruptibly();
            }
            Pending first = queue.remove();
            batch.add(first);
            long end = first.arrived + batching.longestWait().toNanos();
            while (!gather(batch) && !closed && !hurries) {
                long now = System.nanoTime();
                long left = Math.max(end - now, wave.left(batch.size() + queue.size(), now));
                if (left <= 0) {
                    break;
                }
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts workers; what was taken is still computed
        } finally {
            lock.unlock();
        }
        return batch;
    }

    /** Adds what fits from the queue; says whether nothing more would. */
    private boolean gather(List<Pending> batch) {
        return !together.rows() || Together.Gathering.gather(batch, queue, batching.largest());
    }

    /** From now on no request waits for others to be computed with: none will come. */
    void hurry() {
        lock.lock();
        try {
            hurries = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Computes what is in the queue and accepts nothing more; returns once all is computed. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
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

    /**
     * Those who have just got the answers of a batch. Clients that ask again and again come back together, but not at the
     * same moment: the first of them would be computed alone, and the others after it. So the next batch waits for as many
     * requests as the last one had, though never long beside the time that the last one took; after a request that was
     * computed alone it does not wait.
     *
     * @param requests how many they are
     * @param until when they are no longer waited for, by {@link System#nanoTime}
     */
    record Wave(int requests, long until) {
        /** Nobody. */
        static final Wave NONE = new Wave(0, 0);

        /** The part of a batch's time that is waited at most. */
        private static final long SHARE = 10;

        /**
         * Those of a batch.
         *
         * @param start when it began to be computed
         * @param end when its answers were there
         */
        static Wave after(int requests, long start, long end) {
            return new Wave(requests, end + (end - start) / SHARE);
        }

        /**
         * How long to wait, in nanoseconds; zero or less if not any more.
         *
         * @param there how many requests there are now
         */
        long left(int there, long now) {
            return requests <= 1 || there >= requests ? 0 : until - now;
        }
    }
}
