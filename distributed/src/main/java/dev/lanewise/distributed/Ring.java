package dev.lanewise.distributed;

import dev.lanewise.distributed.Call.Kind;
import dev.lanewise.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a communicator whose ranks each send to the next. Sums take {@code 2 (n - 1)} steps in which every connection
 * carries {@code 1 / n} of the data (Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of
 * workstations"); each part is summed in the order of the ring, so that its bits are the same in every run, and with every kind
 * of connection.
 */
final class Ring implements AutoCloseable {
    private static final int PIECE = 1 << 20;

    private final String name;
    private final int rank;
    private final int size;
    private final Links links;
    private final Watch watch;
    private final Summing summing = new Summing();
    private final MemorySegment ownCall = Arena.ofAuto().allocate(Call.BYTES, Long.BYTES);
    private final MemorySegment otherCall = Arena.ofAuto().allocate(Call.BYTES, Long.BYTES);
    private long calls;

    /**
     * A rank of a ring.
     *
     * @param name what messages begin with
     * @param links to the neighbours
     * @param watch closes the links if a rank is lost
     */
    Ring(String name, int rank, int size, Links links, Watch watch) {
        this.name = name;
        this.rank = rank;
        this.size = size;
        this.links = links;
        this.watch = watch;
    }

    /** A ring of one rank, which is its own neighbour. */
    static Ring alone(String name, Duration silence, Duration patience) {
        Links self = new Links() {
            @Override
            public void exchange(MemorySegment out, MemorySegment in) {
                in.copyFrom(out);
            }

            @Override
            public void close() {}
        };
        return new Ring(name, 0, 1, self, new Watch(0, Map.of(), silence, patience, self::close));
    }

    int rank() {
        return rank;
    }

    int size() {
        return size;
    }

    /** Sums F32 or F64. */
    static Kind sumOf(DType type) {
        return switch (type) {
            case F32 -> Kind.SUM_F32;
            case F64 -> Kind.SUM_F64;
            default ->
                throw new CommunicationException("all-reduce: " + type + " (expected F32 or F64); convert the numbers");
        };
    }

    static void checkRoot(int root, int size) {
        if (root < 0 || root >= size) {
            throw new CommunicationException(
                    "broadcast: root " + root + " (expected 0 to " + (size - 1) + "); check the rank");
        }
    }

    void allReduce(MemorySegment data, DType type) {
        call(sumOf(type), data.byteSize(), () -> sum(data, type.bytes()));
    }

    void broadcast(MemorySegment data, int root) {
        checkRoot(root, size);
        call(Kind.BROADCAST, data.byteSize(), () -> pass(data, root));
    }

    void barrier() {
        try (Arena arena = Arena.ofConfined()) {
            allReduce(arena.allocate(ValueLayout.JAVA_DOUBLE), DType.F64);
        }
    }

    void abort(String reason) {
        watch.fail("rank " + rank + " failed: " + reason);
    }

    @Override
    public void close() {
        watch.close();
        links.close();
    }

    /** What a call does when all are known to make it. */
    interface Work {
        void run() throws IOException;
    }

    /** Also runs something when the communication ends because a rank was lost; at once if it has. */
    void onFailure(Runnable work) {
        watch.onFailure(work);
    }

    /** Whether a rank was lost. */
    boolean hasFailed() {
        return watch.failure() != null;
    }

    /**
     * Makes a call as one of all ranks, which may exchange numbers in another way than over the links.
     *
     * @param kind what is called
     * @param bytes how much is exchanged
     * @param work exchanges it; it throws an {@code IOException} when a rank is lost
     */
    void call(Kind kind, long bytes, Work work) {
        checkRunning();
        Call own = new Call(kind, ++calls, bytes);
        watch.enter();
        try {
            Call other = exchange(own);
            if (!other.equals(own)) {
                int before = (rank + size - 1) % size;
                String reason = "rank " + before + " makes " + other + ", rank " + rank + " " + own
                        + " (expected the same calls in the same order)";
                watch.fail(reason);
                throw ended(reason, null);
            }
            work.run();
            watch.hasResult();
        } catch (IOException | CancelledKeyException | ClosedSelectorException e) {
            throw ended(watch.failure("the connection between rank " + rank + " and its neighbours broke"), e);
        } finally {
            watch.leave();
        }
    }

    private void checkRunning() {
        String reason = watch.failure();
        if (reason != null) {
            throw ended(reason, null);
        }
    }

    private Call exchange(Call own) throws IOException {
        own.put(ownCall);
        links.exchange(ownCall, otherCall);
        return Call.of(otherCall);
    }

    private CommunicationException ended(String reason, @Nullable Exception cause) {
        String message = name + ": " + reason + "; start all ranks again, from the last checkpoint";
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
        for (int step = 0; step < size - 1; step++) {
            MemorySegment sum = part(data, rank - step - 1, width);
            MemorySegment received = summing.scratch(sum.byteSize());
            links.exchange(part(data, rank - step, width), received);
            summing.add(sum, received, width);
        }
        for (int step = 0; step < size - 1; step++) {
            links.exchange(part(data, rank - step + 1, width), part(data, rank - step, width));
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
        boolean receives = rank != root;
        boolean sends = (rank + 1) % size != root;
        MemorySegment received = MemorySegment.NULL;
        for (long from = 0; from < data.byteSize() || received.byteSize() > 0; from += PIECE) {
            long bytes = Math.clamp(data.byteSize() - from, 0, PIECE);
            MemorySegment piece = bytes == 0 ? MemorySegment.NULL : data.asSlice(from, bytes);
            MemorySegment out = receives ? received : piece;
            links.exchange(sends ? out : MemorySegment.NULL, receives ? piece : MemorySegment.NULL);
            received = receives ? piece : MemorySegment.NULL;
        }
    }
}
