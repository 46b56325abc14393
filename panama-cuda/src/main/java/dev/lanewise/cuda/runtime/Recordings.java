package dev.lanewise.cuda.runtime;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Which streams record. Whatever a thread queues on another one's stream while that records (an event, the freeing of
 * memory) would become part of the recording, and waiting for it would spoil it; so a thread that does that checks
 * first, and no recording begins until it is done.
 */
final class Recordings {
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    /**
     * Held while a thread checks whether streams record and then queues work on them; makes recordings wait to begin.
     */
    Lock open() {
        return lock.readLock();
    }

    /** From here on {@code stream} records {@code step}, or nothing. */
    void set(DeviceStream stream, @Nullable StepGraph step) {
        lock.writeLock().lock();
        try {
            stream.recorder(step);
        } finally {
            lock.writeLock().unlock();
        }
    }
}
