package dev.lanewise.distributed;

import dev.lanewise.distributed.mpi.Mpi;
import dev.lanewise.distributed.mpi.MpiException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How MPI ends in this process. After a failure it ends all others: when this process ends by itself, which it does once it has said
 * why, or else after a while. Without one it leaves MPI, for which it waits for the others, when the process ends: before that it
 * may have to say what went wrong beside the communication.
 */
final class MpiEnd {
    private static final long GRACE_SECONDS = 10;
    // MPI promises tags up to 32767
    private static final int MOST_TAG = 32_000;

    private static @Nullable MpiEnd only;

    private final Mpi mpi;
    private int open;
    private boolean failed;
    private int tag;

    private MpiEnd(Mpi mpi) {
        this.mpi = mpi;
        Runtime.getRuntime().addShutdownHook(new Thread(this::end, "lanewise-mpi-end"));
    }

    static synchronized MpiEnd of(Mpi mpi) {
        if (only == null) {
            only = new MpiEnd(mpi);
        }
        return only;
    }

    /** A communicator begins; returns the first of its two tags, the same on all ranks. */
    synchronized int begin() {
        open++;
        tag = (tag + 2) % MOST_TAG;
        return tag;
    }

    /** It was closed. */
    synchronized void closed() {
        open--;
        notifyAll();
    }

    /** Ranks were lost: this process should end soon. */
    synchronized void failed() {
        failed = true;
        notifyAll();
        Thread.ofPlatform().daemon().name("lanewise-mpi-abort").start(this::abortLate);
    }

    private void abortLate() {
        abortAfter(GRACE_SECONDS);
    }

    private void abortAfter(long seconds) {
        try {
            TimeUnit.SECONDS.sleep(seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        mpi.abort(1);
    }

    private void end() {
        if (hasFailed()) {
            // the others also have something to say
            abortAfter(1);
        } else if (isClosed()) {
            try {
                mpi.finish();
            } catch (MpiException e) {
                System.err.println("lanewise: mpi: " + e.getMessage());
            }
        }
        // else this process was told to end in the middle of a call, and the launcher ends the others
    }

    private synchronized boolean hasFailed() {
        return failed;
    }

    /** An interrupted training may be about to end its last step. */
    private synchronized boolean isClosed() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
        try {
            while (open > 0 && !failed) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !failed;
    }
}
