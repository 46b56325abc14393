package dev.lanewise.serve.http;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the requests being answered, and lets no more in once the server drains. */
public final class Gate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    private int inside;
    private boolean closed;

    /** A gate that is open. */
    public Gate() {}

    /**
     * Lets a request in.
     *
     * @throws Refusal if the server drains
     */
    public void enter() {
        lock.lock();
        try {
            if (closed) {
                throw Refusal.unavailable("the server is ending; ask another one");
            }
            inside++;
        } finally {
            lock.unlock();
        }
    }

    /** Lets a request out. */
    public void leave() {
        lock.lock();
        try {
            if (--inside == 0) {
                empty.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many requests are being answered. */
    public int inside() {
        lock.lock();
        try {
            return inside;
        } finally {
            lock.unlock();
        }
    }

    /** Whether requests are let in. */
    public boolean isOpen() {
        lock.lock();
        try {
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets nothing more in and waits until all are out.
     *
     * @return whether they are
     */
    public boolean drain(Duration patience) {
        lock.lock();
        try {
            closed = true;
            long left = patience.toNanos();
            while (inside > 0) {
                if (left <= 0) {
                    return false;
                }
                left = empty.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
