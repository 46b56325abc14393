package dev.lanewise.distributed;

import dev.lanewise.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ranks in a ring of TCP connections, each of which sends to the next: no software but Java is needed. Sums take
 * {@code 2 (n - 1)} steps in which every connection carries {@code 1 / n} of the data (Patarasuk and Yuan 2009, "Bandwidth optimal
 * all-reduce algorithms for clusters of workstations"); each part is summed in the order of the ring, so that its bits are the
 * same in every run.
 *
 * <p>Ranks prove to each other that they know the same secret, and a connection that can't is refused. Numbers are sent as they
 * are, not encrypted: use a network that others can't read or write. A rank that listens does so on the address given for
 * rank 0, or on the interface that leads there.
 */
public final class SocketRing implements Communicator {
    /** The fewest bytes of a secret. */
    public static final int LEAST_SECRET = 16;

    private final Ring ring;

    /**
     * How long a rank waits.
     *
     * @param join until all ranks have found each other
     * @param silence without a sign of life of another rank, at least 3 s
     * @param patience in a call that another rank, which lives, does not come to; more than the longest time that ranks differ
     *     in computing, saving and reading data
     */
    public record Options(Duration join, Duration silence, Duration patience) {
        /**
         * Checks the times.
         *
         * @throws CommunicationException if a wait is not positive, or the silence is shorter than three seconds
         */
        public Options {
            if (!join.isPositive() || silence.compareTo(Duration.ofSeconds(3)) < 0 || !patience.isPositive()) {
                throw new CommunicationException("ring: waits of " + join + ", " + silence + " and " + patience
                        + " (expected more than 0, at least PT3S, and more than 0); check them");
            }
        }

        /** A minute to find each other, 15 s without a sign of life, 5 minutes in a call. */
        public Options() {
            this(Duration.ofMinutes(1), Duration.ofSeconds(15), Duration.ofMinutes(5));
        }
    }

    private SocketRing(int rank, int size, Rendezvous.@Nullable Links found, Options options) throws IOException {
        ring = found == null ? Ring.alone("ring", options.silence, options.patience) : ring(rank, size, found, options);
    }

    private static Ring ring(int rank, int size, Rendezvous.Links found, Options options) throws IOException {
        SocketLinks links = new SocketLinks(found.next(), found.previous());
        Map<Integer, Control> control = new HashMap<>();
        for (var peer : found.control().entrySet()) {
            control.put(peer.getKey(), new Frames(peer.getValue().socket()));
        }
        return new Ring(
                "ring", rank, size, links, new Watch(rank, control, options.silence, options.patience, links::close));
    }

    /**
     * Rank 0 of a ring, which listens on a socket that is already bound, for example to a free port:
     * {@code ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))}. Returns when all ranks have connected; the
     * socket is closed then.
     *
     * @param listening the socket that the other ranks connect to
     * @param size how many ranks there are, with this one
     * @param secret of 16 bytes or more, the same for all ranks
     * @param options how long to wait
     * @return the ring
     * @throws CommunicationException if the others don't connect in time
     */
    public static SocketRing lead(ServerSocketChannel listening, int size, byte[] secret, Options options) {
        check(0, size, secret);
        try (listening) {
            return new SocketRing(
                    0,
                    size,
                    size == 1 ? null : Rendezvous.lead(listening, size, new Handshake(secret), deadline(options)),
                    options);
        } catch (IOException e) {
            throw failed(0, e);
        }
    }

    /**
     * A rank of a ring, with the usual waits.
     *
     * @param rank from 0
     * @param size how many ranks there are
     * @param master where rank 0 listens
     * @param secret of 16 bytes or more, the same for all ranks
     * @return the ring
     * @throws CommunicationException if the others don't connect in time, or this rank is refused
     */
    public static SocketRing join(int rank, int size, InetSocketAddress master, byte[] secret) {
        return join(rank, size, master, secret, new Options());
    }

    /**
     * A rank of a ring. Rank 0 listens on the address that the others connect to; which is started first does not matter.
     *
     * @param rank from 0
     * @param size how many ranks there are
     * @param master where rank 0 listens
     * @param secret of 16 bytes or more, the same for all ranks
     * @param options how long to wait
     * @return the ring
     * @throws CommunicationException if the others don't connect in time, or this rank is refused
     */
    public static SocketRing join(int rank, int size, InetSocketAddress master, byte[] secret, Options options) {
        check(rank, size, secret);
        try {
            if (rank == 0) {
                return lead(ServerSocketChannel.open().bind(master), size, secret, options);
            }
            return new SocketRing(
                    rank, size, Rendezvous.join(rank, size, master, new Handshake(secret), deadline(options)), options);
        } catch (IOException e) {
            throw failed(rank, e);
        }
    }

    private static void check(int rank, int size, byte[] secret) {
        if (size < 1 || rank < 0 || rank >= size) {
            throw new CommunicationException(
                    "ring: rank " + rank + " of " + size + " (expected 0 to size - 1); check both");
        }
        if (secret.length < LEAST_SECRET) {
            throw new CommunicationException("ring: a secret of " + secret.length + " bytes (expected " + LEAST_SECRET
                    + " or more); draw random ones");
        }
    }

    private static long deadline(Options options) {
        return System.nanoTime() + options.join.toNanos();
    }

    private static CommunicationException failed(int rank, IOException e) {
        return new CommunicationException(
                "ring: rank " + rank + " found no ring: " + e.getMessage()
                        + " (expected all ranks with the same size and secret); start them within the time to join",
                e);
    }

    /** What makes its calls. */
    Ring ring() {
        return ring;
    }

    @Override
    public int rank() {
        return ring.rank();
    }

    @Override
    public int size() {
        return ring.size();
    }

    @Override
    public void allReduce(MemorySegment data, DType type) {
        ring.allReduce(data, type);
    }

    @Override
    public void broadcast(MemorySegment data, int root) {
        ring.broadcast(data, root);
    }

    @Override
    public void barrier() {
        ring.barrier();
    }

    @Override
    public void abort(String reason) {
        ring.abort(reason);
    }

    @Override
    public void close() {
        ring.close();
    }
}
