package dev.lanewise.distributed;

import dev.lanewise.distributed.mpi.Mpi;
import dev.lanewise.distributed.mpi.Mpi.Request;
import dev.lanewise.distributed.mpi.MpiException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What two ranks tell each other in MPI, beside the numbers. */
final class MpiControl implements Control {
    private static final int MOST_BYTES = 4096;
    private static final long POLL_MILLIS = 50;
    private static final long WRITE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Mpi mpi;
    private final int peer;
    private final int tag;
    private final MemorySegment received = Arena.ofAuto().allocate(Integer.BYTES + MOST_BYTES);
    private @Nullable Request sending;
    private volatile boolean reading;
    private volatile boolean closed;

    MpiControl(Mpi mpi, int peer, int tag) {
        this.mpi = mpi;
        this.peer = peer;
        this.tag = tag;
    }

    @Override
    public synchronized void write(byte[] message) throws IOException {
        MemorySegment data = Arena.ofAuto().allocate(Integer.BYTES + (long) message.length);
        data.set(ValueLayout.JAVA_INT_UNALIGNED, 0, message.length);
        data.asSlice(Integer.BYTES).copyFrom(MemorySegment.ofArray(message));
        // a rank that takes nothing any more must not fill this one's memory
        awaitSent();
        sending = mpi.send(data, peer, tag);
        awaitSent();
    }

    private void awaitSent() throws IOException {
        long deadline = System.nanoTime() + WRITE_NANOS;
        while (sending != null && !mpi.isComplete(sending)) {
            if (System.nanoTime() > deadline) {
                throw new SocketTimeoutException("rank " + peer + " takes no message");
            }
            pause(1);
        }
        sending = null;
    }

    @Override
    public byte[] read(int most, long deadline) throws IOException {
        reading = true;
        try {
            return receive(most, deadline);
        } finally {
            reading = false;
        }
    }

    private byte[] receive(int most, long deadline) throws IOException {
        Request receiving = mpi.receive(received, peer, tag);
        while (!mpi.isComplete(receiving)) {
            if (closed || System.nanoTime() > deadline) {
                take(receiving);
                throw closed ? new IOException("closed") : new SocketTimeoutException("nothing came in time");
            }
            pause(POLL_MILLIS);
        }
        int length = received.get(ValueLayout.JAVA_INT, 0);
        if (length < 0 || length > Math.min(most, MOST_BYTES)) {
            throw new IOException("a message of " + length + " bytes (expected at most " + most + ")");
        }
        return received.asSlice(Integer.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private void take(Request receiving) {
        try {
            mpi.cancel(receiving);
        } catch (MpiException e) {
            // nobody looks into it any more
            return;
        }
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Returns when no receive is under way any more, which MPI would miss at its end, or after a few of its periods. */
    @Override
    public void close() {
        closed = true;
        try {
            for (int period = 0; reading && period < 4; period++) {
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
