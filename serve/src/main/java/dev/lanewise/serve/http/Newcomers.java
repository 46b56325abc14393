package dev.lanewise.serve.http;

import com.sun.management.UnixOperatingSystemMXBean;
import io.helidon.common.socket.SocketOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/**
 * Sockets from when they are accepted until the first bytes of a request have come, and a handshake of TLS before them: Helidon
 * waits for both without end, and so anybody who says nothing would hold a connection for ever. It passes each socket to these
 * options, and to no other code of ours.
 */
public final class Newcomers implements SocketOptions {
    private static final int MOST = 10_000;

    // An answer is several writes. With Nagle's algorithm, Helidon's default, the last one waits for the client's
    // delayed acknowledgement of the one before: 40 ms on Linux.
    private final SocketOptions inner = SocketOptions.builder().tcpNoDelay(true).build();
    private final Duration patience;
    private final Map<SocketAddress, Future<?>> silent = new ConcurrentHashMap<>();

    Newcomers(Duration patience) {
        this.patience = patience;
    }

    /** How many connections this process can have without that it misses descriptors for anything else. */
    public static int most() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
            long left = unix.getMaxFileDescriptorCount() - unix.getOpenFileDescriptorCount();
            return Math.clamp(left / 2, 1, MOST);
        }
        return MOST;
    }

    @Override
    public void configureSocket(SocketChannel socket) {
        inner.configureSocket(socket);
        try {
            SocketAddress peer = socket.getRemoteAddress();
            Future<?> end = SlowCallers.disconnectAfter(patience, () -> {
                silent.remove(peer);
                close(socket);
            });
            Future<?> former = silent.put(peer, end);
            if (former != null) {
                // of a connection that has ended
                former.cancel(false);
            }
        } catch (IOException e) {
            close(socket);
        }
    }

    private static void close(SocketChannel socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // nobody uses it any more
            return;
        }
    }

    /** A request has begun to come. */
    void hasSpoken(SocketAddress peer) {
        Future<?> end = silent.remove(peer);
        if (end != null) {
            end.cancel(false);
        }
    }

    @Override
    public void configureSocket(Socket socket) {
        inner.configureSocket(socket);
    }

    @Override
    public Map<SocketOption<?>, Object> socketOptions() {
        return inner.socketOptions();
    }

    @Override
    public Duration connectTimeout() {
        return inner.connectTimeout();
    }

    @Override
    public Duration readTimeout() {
        return inner.readTimeout();
    }

    @Override
    public Optional<Integer> socketReceiveBufferSize() {
        return inner.socketReceiveBufferSize();
    }

    @Override
    public Optional<Integer> socketSendBufferSize() {
        return inner.socketSendBufferSize();
    }

    @Override
    public boolean socketReuseAddress() {
        return inner.socketReuseAddress();
    }

    @Override
    public boolean socketKeepAlive() {
        return inner.socketKeepAlive();
    }

    @Override
    public boolean tcpNoDelay() {
        return inner.tcpNoDelay();
    }
}
