package dev.lanewise.serve.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Connections of HTTP/1.1 whose handlers can learn that their client has closed them. Helidon reads a connection only
 * between requests; here what arrives passes {@link Incoming}, which can be told to read on meanwhile.
 */
public final class WatchedConnections implements ServerConnectionSelector {
    private static final ThreadLocal<Incoming> CURRENT = new ThreadLocal<>();

    private final ServerConnectionSelector http1 =
            Http1ConnectionSelector.builder().config(Http1Config.create()).build();

    private final Duration patience;
    private final Newcomers newcomers;

    /**
     * Connections of a server.
     *
     * @param patience how long a client may take until the header of a request has come, from the answer before it, or from
     *     the connection's beginning
     */
    public WatchedConnections(Duration patience) {
        this.patience = patience;
        newcomers = new Newcomers(patience);
    }

    /** What the server does with sockets that it accepts: they are closed if nothing is said over them. */
    public SocketOptions newcomers() {
        return newcomers;
    }

    /** The client whose request this thread handles. */
    public static Caller current() {
        return Objects.requireNonNullElse(CURRENT.get(), Caller.UNWATCHED);
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http1.bytesToIdentifyConnection();
    }

    /** Nothing else is spoken here. What is not HTTP/1.1 is told so, where Helidon would close the connection without a word. */
    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        newcomers.hasSpoken(context.remotePeer().address());
        Incoming incoming = new Incoming(context, patience);
        Context watched = new Context(context, new StrictReader(incoming));
        return new Connection(http1.connection(watched), incoming);
    }

    /** A connection whose requests are handled by one thread. */
    private record Connection(ServerConnection inner, Incoming incoming)
            implements ServerConnection, InterruptableTask<Void> {
        @Override
        public void handle(Limit limit) throws InterruptedException {
            CURRENT.set(incoming);
            SlowCallers.watch(incoming);
            try {
                inner.handle(limit);
            } finally {
                SlowCallers.forget(incoming);
                CURRENT.remove();
            }
        }

        @Override
        public boolean canInterrupt() {
            return !(inner instanceof InterruptableTask<?> task) || task.canInterrupt();
        }

        @Override
        public Duration idleTime() {
            return inner.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            inner.close(interrupt);
        }
    }

    /** A connection's surroundings, with another reader. */
    private record Context(ConnectionContext inner, DataReader dataReader) implements ConnectionContext {
        @Override
        public ListenerContext listenerContext() {
            return inner.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return inner.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return inner.dataWriter();
        }

        @Override
        public Router router() {
            return inner.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return inner.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return inner.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return inner.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return inner.localPeer();
        }

        @Override
        public boolean isSecure() {
            return inner.isSecure();
        }

        @Override
        public String socketId() {
            return inner.socketId();
        }

        @Override
        public String childSocketId() {
            return inner.childSocketId();
        }
    }
}
