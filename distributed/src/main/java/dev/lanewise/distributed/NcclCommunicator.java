package dev.lanewise.distributed;

import dev.lanewise.distributed.Call.Kind;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Collectives;
import dev.lanewise.tensor.spi.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Ranks whose GPUs NCCL connects, one GPU for each rank. They find each other through another communicator, {@link SocketRing} or
 * {@link MpiCommunicator}, which also makes sure that all ranks make the same calls, and notices a rank that is lost: NCCL by itself
 * would wait for it for ever.
 *
 * <p>Gradients on the GPU are summed there. Numbers in the host's memory pass through the GPU's in pieces. NCCL chooses the order
 * of its sums by the machines that it finds: for the same machines, settings and version of NCCL the bits are the same in every run,
 * but they are not those of the other communicators.
 *
 * <p>It has been tested with stand-ins for NCCL, and has not run on GPUs yet.
 */
public final class NcclCommunicator implements Communicator {
    private static final long PIECE = 16 << 20;

    private final Communicator ranks;
    private final Ring ring;
    private final Device device;
    private final Collectives.Group group;

    private NcclCommunicator(Communicator ranks, Ring ring, Device device, Collectives.Group group) {
        this.ranks = ranks;
        this.ring = ring;
        this.device = device;
        this.group = group;
        // also while a call waits inside the library
        ring.onFailure(group::close);
    }

    /**
     * Connects the GPUs of all ranks; all of them make this call, each with a GPU of its own.
     *
     * @param ranks how they find each other, a {@link SocketRing} or {@link MpiCommunicator}; belongs to the result and is closed
     *     with it, also if this fails
     * @param device this rank's GPU
     * @return the communicator
     * @throws CommunicationException if NCCL is missing on this rank or another one, or refuses, for example two ranks with the
     *     same GPU; the message says which rank, and what to do
     */
    public static NcclCommunicator over(Communicator ranks, Device device) {
        Objects.requireNonNull(ranks, "ranks");
        Objects.requireNonNull(device, "device");
        return over(
                ranks,
                device,
                () -> Backends.of(device)
                        .collectives()
                        .orElseThrow(
                                () -> new TensorException(device + " has no NCCL (expected a GPU); name one, cuda:0")));
    }

    /** The same, with a library that may be another one. */
    static NcclCommunicator over(Communicator ranks, Device device, Supplier<Collectives> library) {
        Ring ring = ring(ranks);
        try {
            Collectives collectives = library.get();
            byte[] name = name(ring, collectives);
            // a rank without the library has failed before this, and so no rank waits inside the library for it
            ring.barrier();
            return new NcclCommunicator(ranks, ring, device, join(ring, collectives, name));
        } catch (CommunicationException e) {
            ranks.close();
            throw e;
        } catch (TensorException e) {
            // to the others, whose calls then fail with it
            ring.abort("nccl: " + e.getMessage());
            ranks.close();
            throw new CommunicationException("nccl: rank " + ring.rank() + ": " + e.getMessage(), e);
        }
    }

    private static Ring ring(Communicator ranks) {
        return switch (ranks) {
            case SocketRing sockets -> sockets.ring();
            case MpiCommunicator mpi -> mpi.ring();
            default ->
                throw new CommunicationException(
                        "nccl: over a " + ranks.getClass().getSimpleName()
                                + " (expected a SocketRing or an MpiCommunicator); join one of them first");
        };
    }

    /** Made by rank 0. */
    private static byte[] name(Ring ring, Collectives collectives) {
        byte[] own = ring.rank() == 0 ? collectives.newGroup() : new byte[0];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, own.length);
            ring.broadcast(length, 0);
            MemorySegment name = arena.allocate(length.get(ValueLayout.JAVA_INT, 0));
            if (ring.rank() == 0) {
                name.copyFrom(MemorySegment.ofArray(own));
            }
            ring.broadcast(name, 0);
            return name.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** On a thread that is left alone if a rank is lost meanwhile, since the library then waits on. */
    private static Collectives.Group join(Ring ring, Collectives collectives, byte[] name) {
        CompletableFuture<Collectives.Group> joined = CompletableFuture.supplyAsync(
                () -> collectives.join(name, ring.rank(), ring.size()),
                work -> Thread.ofPlatform().daemon().name("lanewise-nccl-join").start(work));
        try {
            ring.call(Kind.JOIN, name.length, () -> await(ring, joined::isDone));
            return joined.join();
        } catch (CommunicationException e) {
            var ignored = joined.thenAccept(Collectives.Group::close);
            throw e;
        } catch (CompletionException e) {
            throw e.getCause() instanceof TensorException cause ? cause : e;
        }
    }

    /** What is asked until it is so. */
    private interface Question {
        boolean isSo();
    }

    private static void await(Ring ring, Question question) throws IOException {
        Backoff backoff = new Backoff();
        try {
            while (!question.isSo()) {
                if (ring.hasFailed()) {
                    throw new IOException("a rank was lost");
                }
                backoff.pause();
            }
        } catch (TensorException e) {
            // a group is closed when a rank is lost: that is what the caller should be told
            if (ring.hasFailed()) {
                throw new IOException(e);
            }
            throw e;
        }
    }

    /** Whether a tensor's numbers are best summed by {@link #allReduce(Tensor)}. */
    boolean holds(Tensor tensor) {
        return tensor.device().equals(device);
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
        ring.call(Ring.sumOf(type), data.byteSize(), () -> throughDevice(data, type, true, true, group::allReduce));
    }

    /**
     * Replaces a tensor's numbers by their sums over all ranks, on the GPU.
     *
     * @param data a contiguous tensor of this rank's GPU, F32 or F64, of the same size on every rank; written in place
     * @throws CommunicationException if a rank is lost or makes another call
     * @throws TensorException if the tensor is elsewhere, strided or of another type
     */
    public void allReduce(Tensor data) {
        Objects.requireNonNull(data, "data");
        long bytes = data.shape().elements() * data.dtype().bytes();
        ring.call(Ring.sumOf(data.dtype()), bytes, () -> {
            if (bytes > 0) {
                queued(() -> group.allReduce(data));
            }
        });
    }

    @Override
    public void broadcast(MemorySegment data, int root) {
        Ring.checkRoot(root, size());
        boolean sends = rank() == root;
        ring.call(
                Kind.BROADCAST,
                data.byteSize(),
                () -> throughDevice(data, DType.U8, sends, !sends, tensor -> group.broadcast(tensor, root)));
    }

    /** What is done to a tensor of the device. */
    private interface Work {
        void run(Tensor tensor);
    }

    private void throughDevice(MemorySegment data, DType type, boolean reads, boolean writes, Work work)
            throws IOException {
        for (long from = 0; from < data.byteSize(); from += PIECE) {
            MemorySegment piece = data.asSlice(from, Math.min(PIECE, data.byteSize() - from));
            try (var ignored = Scope.open("nccl")) {
                Shape shape = Shape.of(piece.byteSize() / type.bytes());
                Tensor there = reads
                        ? Storage.over(piece, type, shape).to(device).contiguous()
                        : Tensor.zeros(type, device, shape.toArray());
                queued(() -> work.run(there));
                if (writes) {
                    there.copyTo(piece);
                }
            }
        }
    }

    private void queued(Runnable call) throws IOException {
        await(ring, () -> {
            call.run();
            return true;
        });
        await(ring, group::isDone);
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
        // says goodbye first: then all ranks have done everything, and none waits for what this one gives up
        ranks.close();
        group.close();
    }
}
