package dev.lanewise.distributed;

import dev.lanewise.distributed.Links.Call;
import dev.lanewise.distributed.Links.Kind;
import dev.lanewise.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Objects;
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

    private static final int PIECE = 1 << 20;

    private final int rank;
    private final int size;
    private final @Nullable Watch watch;
    private final @Nullable Links links;
    private final Summing summing = new Summing();
    private long calls;

    /**
     * How long a rank waits.
     *
     * @param join until all ranks have found each other
     * @param silence without a sign of life of another rank, at least 3 s
     * @param patience in a call that another rank, which lives, does not come to; more than the longest time that ranks differ
     *     in computing, saving and reading data
     */
    public record Options(Duration join, Duration silence, Duration patience) {
        /** Checks the times. */
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
        this.rank = rank;
        this.size = size;
        links = found == null ? null : new Links(found.next(), found.previous());
        watch = found == null || links == null ? null : new Watch(rank, found.control(), options, links::close);
    }

    /**
     * Rank 0 of a ring, which listens at a socket that is bound already, for example to a free port:
     * {@code ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))}. Returns when all ranks have come; the
     * socket is closed then.
     *
     * @param listening where the other ranks come to
     * @param size how many ranks there are, with this one
     * @param secret of 16 bytes or more, the same for all ranks
     * @param options how long to wait
     * @return the ring
     * @throws CommunicationException if the others don't come in time
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
     * @throws CommunicationException if the others don't come in time, or this rank is refused
     */
    public static SocketRing join(int rank, int size, InetSocketAddress master, byte[] secret) {
        return join(rank, size, master, secret, new Options());
    }

    /**
     * A rank of a ring. Rank 0 listens at the address that the others connect to; which is started first does not matter.
     *
     * @param rank from 0
     * @param size how many ranks there are
     * @param master where rank 0 listens
     * @param secret of 16 bytes or more, the same for all ranks
     * @param options how long to wait
     * @return the ring
     * @throws CommunicationException if the others don't come in time, or this rank is refused
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

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void allReduce(MemorySegment data, DType type) {
        Kind kind = switch (type) {
            case F32 -> Kind.SUM_F32;
            case F64 -> Kind.SUM_F64;
            default ->
                throw new CommunicationException("all-reduce: " + type + " (expected F32 or F64); convert the numbers");
        };
        call(kind, data.byteSize(), () -> sum(data, type.bytes()));
    }

    @Override
    public void broadcast(MemorySegment data, int root) {
        if (root < 0 || root >= size) {
            throw new CommunicationException(
                    "broadcast: root " + root + " (expected 0 to " + (size - 1) + "); check the rank");
        }
        call(Kind.BROADCAST, data.byteSize(), () -> pass(data, root));
    }

    @Override
    public void barrier() {
        try (Arena arena = Arena.ofConfined()) {
            allReduce(arena.allocate(ValueLayout.JAVA_DOUBLE), DType.F64);
        }
    }

    /** What a call does when all are known to make it. */
    private interface Work {
        void run() throws IOException;
    }

    private void call(Kind kind, long bytes, Work work) {
        if (links == null || watch == null) {
            return;
        }
        checkRunning();
        Call own = new Call(kind, ++calls, bytes);
        watch.enter();
        try {
            links.announce(own);
            Call other = links.announced();
            if (!other.equals(own)) {
                int before = (rank + size - 1) % size;
                String reason = "rank " + before + " makes " + other + ", rank " + rank + " " + own
                        + " (expected the same calls in the same order)";
                watch.fail(reason);
                throw ended(reason, null);
            }
            work.run();
        } catch (IOException | CancelledKeyException | ClosedSelectorException e) {
            throw ended(watch.failure("the connection between rank " + rank + " and its neighbours broke"), e);
        } finally {
            watch.leave();
        }
    }

    private void checkRunning() {
        String reason = watch == null ? null : watch.failure();
        if (reason != null) {
            throw ended(reason, null);
        }
    }

    private static CommunicationException ended(String reason, @Nullable Exception cause) {
        String message = "ring: " + reason + "; start all ranks again, from the last checkpoint";
        return cause == null ? new CommunicationException(message) : new CommunicationException(message, cause);
    }

    private void sum(MemorySegment data, int width) throws IOException {
        long most = (long) PIECE * size;
        for (long from = 0; from < data.byteSize(); from += most) {
            MemorySegment piece = data.asSlice(from, Math.min(most, data.byteSize() - from));
            ring(piece, width);
        }
    }

    /** First every rank gets one part of the sums, then all parts. */
    private void ring(MemorySegment data, int width) throws IOException {
        Links to = Objects.requireNonNull(links);
        for (int step = 0; step < size - 1; step++) {
            MemorySegment sum = part(data, rank - step - 1, width);
            MemorySegment received = summing.scratch(sum.byteSize());
            to.exchange(part(data, rank - step, width), received);
            summing.add(sum, received, width);
        }
        for (int step = 0; step < size - 1; step++) {
            to.exchange(part(data, rank - step + 1, width), part(data, rank - step, width));
        }
    }

    private MemorySegment part(MemorySegment data, int number, int width) {
        long elements = data.byteSize() / width;
        int index = Math.floorMod(number, size);
        long from = elements * index / size;
        long to = elements * (index + 1) / size;
        return data.asSlice(from * width, (to - from) * width);
    }

    /** While a rank receives a piece, it sends on the one before. */
    private void pass(MemorySegment data, int root) throws IOException {
        Links to = Objects.requireNonNull(links);
        boolean receives = rank != root;
        boolean sends = (rank + 1) % size != root;
        MemorySegment received = MemorySegment.NULL;
        for (long from = 0; from < data.byteSize() || received.byteSize() > 0; from += PIECE) {
            long bytes = Math.clamp(data.byteSize() - from, 0, PIECE);
            MemorySegment piece = bytes == 0 ? MemorySegment.NULL : data.asSlice(from, bytes);
            MemorySegment out = receives ? received : piece;
            to.exchange(sends ? out : MemorySegment.NULL, receives ? piece : MemorySegment.NULL);
            received = receives ? piece : MemorySegment.NULL;
        }
    }

    @Override
    public void abort(String reason) {
        if (watch != null) {
            watch.fail("rank " + rank + " failed: " + reason);
        }
    }

    @Override
    public void close() {
        if (links != null && watch != null) {
            watch.close();
            links.close();
        }
    }
}
