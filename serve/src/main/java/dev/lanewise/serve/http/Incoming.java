package dev.lanewise.serve.http;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What arrives over a connection, for the thread that handles its requests. While that thread waits for something else,
 * another one may read on, and sees when the client closes the connection; what it reads otherwise, the beginning of
 * the next request, is handed over when it is asked for.
 */
@SuppressWarnings("NullAway") // Helidon's readers take null for the end of what arrives
final class Incoming implements Supplier<byte[]>, Caller {
    private final ConnectionContext context;
    private final Duration patience;
    private final AtomicReference<@Nullable Runnable> action = new AtomicReference<>();
    private boolean begun;
    private boolean served;
    /** When the client is disconnected, by {@link System#nanoTime}; 0 if it need not hurry. */
    private final AtomicLong end = new AtomicLong();
    /** What another thread reads or has read, not handed over yet; known to the connection's thread only. */
    private @Nullable CompletableFuture<byte @Nullable []> ahead;

    /**
     * What arrives over a connection.
     *
     * @param patience how long a header may take, from the answer before it, or from the connection's beginning
     */
    Incoming(ConnectionContext context, Duration patience) {
        this.context = context;
        this.patience = patience;
    }

    @Override
    public void served(boolean now) {
        served = now;
        unlimit();
    }

    @Override
    public void limit(Duration time) {
        long at = System.nanoTime() + time.toNanos();
        end.set(at == 0 ? 1 : at);
    }

    @Override
    public void unlimit() {
        end.set(0);
    }

    /** Whether the client's time is over; says so once. */
    boolean isLate(long now) {
        long at = end.get();
        return at != 0 && now - at >= 0 && end.compareAndSet(at, 0);
    }

    /** The next bytes, or null at the end. */
    @Override
    public byte @Nullable [] get() {
        if (!served && end.get() == 0) {
            limit(patience);
        }
        if (!begun) {
            begun = true;
            // what was read to find out that this is HTTP
            int available = context.dataReader().available();
            if (available > 0) {
                return context.dataReader().readBytes(available);
            }
        }
        CompletableFuture<byte @Nullable []> read = ahead;
        if (read == null) {
            return read();
        }
        ahead = null;
        try {
            return read.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("the server is ending", e);
        } catch (ExecutionException e) {
            throw new ServerConnectionException("the connection can't be read", e.getCause());
        }
    }

    private byte @Nullable [] read() {
        try {
            return context.serverSocket().get();
        } catch (UncheckedIOException e) {
            throw new ServerConnectionException("the connection can't be read", e);
        }
    }

    @Override
    public void whenGone(Runnable what) {
        action.set(what);
        CompletableFuture<byte @Nullable []> read = ahead;
        if (read == null) {
            CompletableFuture<byte @Nullable []> begins = new CompletableFuture<>();
            ahead = begins;
            Thread.ofVirtual().name("lanewise-watch").start(() -> readAhead(begins));
        } else if (isEnd(read)) { // found when nobody had asked
            gone();
        }
    }

    private static boolean isEnd(CompletableFuture<byte @Nullable []> read) {
        return read.isCompletedExceptionally() || read.isDone() && read.join() == null;
    }

    private void readAhead(CompletableFuture<byte @Nullable []> read) {
        try {
            read.complete(read());
        } catch (RuntimeException e) {
            read.completeExceptionally(e);
        }
        if (isEnd(read)) {
            gone();
        }
    }

    private void gone() {
        Runnable what = action.getAndSet(null);
        if (what != null) {
            what.run();
        }
    }

    @Override
    public void forget() {
        action.set(null);
    }

    /** Closes the connection, whatever is being read or written; may be called by any thread. */
    void disconnect() {
        try {
            context.serverSocket().close();
        } catch (UncheckedIOException e) {
            // it was closed at the same time
            return;
        }
    }
}
