package dev.lanewise.distributed;

import java.io.IOException;

/** A connection between a rank and rank 0, on which they tell each other that they live and how far they are. */
interface Control extends AutoCloseable {
    /** Sends a message, without waiting for the other side for long. */
    void write(byte[] message) throws IOException;

    /**
     * Waits for a message.
     *
     * @param most its greatest length
     * @param deadline until when all of it must have come, as {@link System#nanoTime} counts
     * @throws java.net.SocketTimeoutException if it has not come by then
     * @throws IOException if the other side has ended
     */
    byte[] read(int most, long deadline) throws IOException;

    /** Ends a read that is going on in another thread, too. */
    @Override
    void close();
}
