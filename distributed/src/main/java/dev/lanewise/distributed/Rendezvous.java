package dev.lanewise.distributed;

import dev.lanewise.distributed.Handshake.BusyException;
import dev.lanewise.distributed.Handshake.Hello;
import dev.lanewise.distributed.Handshake.Purpose;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How ranks find each other: all connect to rank 0, which tells each where the next one listens, and each connects to that. Only
 * those who know the secret come in.
 */
final class Rendezvous implements AutoCloseable {
    /** How long one who has connected is heard out. */
    static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final int MOST_GUESTS = 64;
    private static final int MOST_ADDRESS = 20;
    private static final long ACCEPT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final int rank;
    private final int size;
    private final Handshake handshake;
    private final ServerSocketChannel server;
    private final long deadline;
    private final Semaphore guests = new Semaphore(MOST_GUESTS);
    private final AtomicInteger refused = new AtomicInteger();
    private final Map<Integer, SocketChannel> control = new ConcurrentHashMap<>();
    private final Map<Integer, byte[]> addresses = new ConcurrentHashMap<>();
    private final CompletableFuture<SocketChannel> previous = new CompletableFuture<>();
    private final CompletableFuture<Boolean> complete = new CompletableFuture<>();

    /**
     * The connections of a rank.
     *
     * @param next what it sends on
     * @param previous what it receives from
     * @param control to rank 0; on rank 0, to each other rank
     */
    record Links(SocketChannel next, SocketChannel previous, Map<Integer, SocketChannel> control) {}

    private Rendezvous(int rank, int size, Handshake handshake, ServerSocketChannel server, long deadline) {
        this.rank = rank;
        this.size = size;
        this.handshake = handshake;
        this.server = server;
        this.deadline = deadline;
        Thread.ofVirtual().name("lanewise-ring-accept").start(this::accept);
    }

    /** The side of rank 0, which listens already. */
    static Links lead(ServerSocketChannel server, int size, Handshake handshake, long deadline) throws IOException {
        try (Rendezvous all = new Rendezvous(0, size, handshake, server, deadline)) {
            await(all.complete, deadline, all::missing);
            for (int peer = 1; peer < size; peer++) {
                new Frames(all.channel(peer).socket()).write(all.listens((peer + 1) % size));
            }
            SocketChannel next = all.connect(address(all.listens(1)), 1, new Hello(Purpose.DATA, 0, size, 0));
            return all.links(next);
        }
    }

    /** The side of another rank. */
    static Links join(int rank, int size, InetSocketAddress master, Handshake handshake, long deadline)
            throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            SocketChannel toMaster = reach(master, deadline);
            // on the interface that leads to rank 0, and so on loopback if that is where rank 0 is
            InetAddress own = ((InetSocketAddress) toMaster.getLocalAddress()).getAddress();
            server.bind(new InetSocketAddress(own, 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            try (Rendezvous all = new Rendezvous(rank, size, handshake, server, deadline)) {
                SocketChannel leader =
                        all.introduced(toMaster, master, 0, new Hello(Purpose.CONTROL, rank, size, port));
                all.control.put(0, leader);
                byte[] next = new Frames(leader.socket()).read(MOST_ADDRESS, deadline);
                InetSocketAddress address = next.length == 0 ? master : address(next);
                return all.links(all.connect(address, (rank + 1) % size, new Hello(Purpose.DATA, rank, size, port)));
            }
        }
    }

    private Links links(SocketChannel next) throws IOException {
        SocketChannel from =
                await(previous, deadline, () -> "rank " + before() + " did not connect to rank " + rank + remark());
        return new Links(next, from, Map.copyOf(control));
    }

    private int before() {
        return (rank + size - 1) % size;
    }

    private String missing() {
        List<Integer> ranks = IntStream.range(1, size)
                .filter(peer -> !control.containsKey(peer))
                .boxed()
                .toList();
        return "ranks " + ranks + " of " + size + " did not come" + remark();
    }

    private String remark() {
        return refused.get() == 0 ? "" : ", and " + refused.get() + " connections without the secret were refused";
    }

    private SocketChannel channel(int peer) {
        return Objects.requireNonNull(control.get(peer));
    }

    /** Where a rank listens: address and port; empty for rank 0, whose address is known. */
    private byte[] listens(int peer) {
        return peer == 0 ? new byte[0] : Objects.requireNonNull(addresses.get(peer));
    }

    private static InetSocketAddress address(byte[] bytes) throws IOException {
        if (bytes.length < 2 * Integer.BYTES) {
            throw new IOException("an address of " + bytes.length + " bytes");
        }
        int host = bytes.length - Integer.BYTES;
        int port = ByteBuffer.wrap(bytes, host, Integer.BYTES).getInt();
        if (port < 1 || port > 0xFFFF) {
            throw new IOException("port " + port);
        }
        return new InetSocketAddress(InetAddress.getByAddress(Arrays.copyOf(bytes, host)), port);
    }

    private SocketChannel connect(InetSocketAddress address, int peer, Hello hello) throws IOException {
        return introduced(reach(address, deadline), address, peer, hello);
    }

    /** The connection to a rank that has let this one in, which may be another one after some time. */
    private SocketChannel introduced(SocketChannel first, InetSocketAddress address, int peer, Hello hello)
            throws IOException {
        SocketChannel channel = first;
        while (true) {
            try {
                handshake.introduce(new Frames(channel.socket()), hello, deadline);
                return channel;
            } catch (IOException e) {
                channel.close();
                if (!(e instanceof BusyException) || System.nanoTime() > deadline) {
                    throw new IOException("rank " + peer + " at " + address + " can't be joined: " + e.getMessage(), e);
                }
            }
            sleep();
            channel = reach(address, deadline);
        }
    }

    /** Connects, also to a rank that does not listen yet. */
    private static SocketChannel reach(InetSocketAddress address, long deadline) throws IOException {
        if (address.isUnresolved()) {
            throw new IOException("host " + address.getHostString() + " is not known");
        }
        while (true) {
            SocketChannel channel = SocketChannel.open();
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                channel.socket().connect(address, Math.clamp(left, 1, 10_000));
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                return channel;
            } catch (IOException e) {
                channel.close();
                if (System.nanoTime() > deadline) {
                    throw new IOException("nobody listens at " + address + " (" + e.getMessage() + ")", e);
                }
                sleep();
            }
        }
    }

    private static void sleep() throws IOException {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                if (guests.tryAcquire()) {
                    Thread.ofVirtual().name("lanewise-ring-guest").start(() -> receive(channel));
                } else {
                    channel.close();
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // a connection that ended while it was accepted, or no more descriptors: not a reason to keep a core
                // busy
                LockSupport.parkNanos(ACCEPT_NANOS);
            }
        }
    }

    private void receive(SocketChannel channel) {
        boolean welcome = false;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Hello hello = handshake.receive(
                    new Frames(channel.socket()), this::objection, System.nanoTime() + HANDSHAKE_NANOS);
            welcome = hello.purpose() == Purpose.DATA ? previous.complete(channel) : enter(hello, channel);
        } catch (IOException e) {
            refused.incrementAndGet();
        } finally {
            guests.release();
            if (!welcome) {
                closeQuietly(channel);
            }
        }
    }

    /** Two of the same rank may come at the same time. */
    private synchronized boolean enter(Hello hello, SocketChannel channel) throws IOException {
        if (control.containsKey(hello.rank())) {
            return false;
        }
        byte[] host =
                ((InetSocketAddress) channel.getRemoteAddress()).getAddress().getAddress();
        addresses.put(
                hello.rank(),
                ByteBuffer.allocate(host.length + Integer.BYTES)
                        .put(host)
                        .putInt(hello.port())
                        .array());
        control.put(hello.rank(), channel);
        if (control.size() == size - 1) {
            complete.complete(true);
        }
        return true;
    }

    private String objection(Hello hello) {
        if (hello.size() != size) {
            return "rank " + hello.rank() + " expects " + hello.size() + " ranks where rank " + rank + " expects "
                    + size;
        }
        if (hello.purpose() == Purpose.DATA) {
            return hello.rank() == before() && !previous.isDone()
                    ? ""
                    : "rank " + hello.rank() + " is not the one before";
        }
        if (rank != 0 || hello.rank() < 1 || hello.rank() >= size) {
            return "there is no place for rank " + hello.rank() + " of " + size;
        }
        return control.containsKey(hello.rank()) ? "there is a rank " + hello.rank() + " already" : "";
    }

    /** Says what is missing. */
    private interface Missing {
        String text();
    }

    private static <T> T await(CompletableFuture<T> future, long deadline, Missing missing) throws IOException {
        try {
            return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException(missing.text(), e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Listens no more. */
    @Override
    public void close() throws IOException {
        server.close();
    }

    static void closeQuietly(@Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // nobody waits for it any more
            return;
        }
    }
}
