package dev.lanewise.serve.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Bounds the memory that bodies and tensors of all requests take on the Java heap, before it is taken. */
public final class MemoryBudget {
    private final long most;
    private final AtomicLong taken = new AtomicLong();

    /** A budget of so many bytes. */
    public MemoryBudget(long bytes) {
        this.most = bytes;
    }

    /** What all requests have taken. */
    public long taken() {
        return taken.get();
    }

    /** For one request, which has taken nothing yet. */
    public Lease lease() {
        return new Lease();
    }

    /** What one request has taken; closing it gives all back. */
    public final class Lease implements AutoCloseable {
        private long own;

        private Lease() {}

        /**
         * Takes more.
         *
         * @throws Refusal if one request would take more than there is, or the others have taken it
         */
        public void take(long bytes) {
            check(bytes);
            if (taken.addAndGet(bytes) > most) {
                taken.addAndGet(-bytes);
                throw Refusal.busy("the requests being answered take all memory; try again", Duration.ofSeconds(1));
            }
            own += bytes;
        }

        /**
         * Takes nothing yet.
         *
         * @throws Refusal if one request would take more than there is
         */
        public void check(long bytes) {
            if (bytes > most - own) {
                throw Refusal.tooLarge("a request that takes " + (own + bytes) + " bytes (expected at most " + most
                        + "); send less at once");
            }
        }

        @Override
        public void close() {
            taken.addAndGet(-own);
            own = 0;
        }
    }
}
