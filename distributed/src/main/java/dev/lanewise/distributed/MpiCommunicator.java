package dev.lanewise.distributed;

import dev.lanewise.distributed.mpi.Mpi;
import dev.lanewise.distributed.mpi.MpiException;
import dev.lanewise.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Ranks that MPI connects, by whatever the machines have: shared memory, InfiniBand, TCP. Open MPI 4 and 5 and MPICH 3 and 4 with
 * their relatives are found at run time; processes are started by {@code mpirun}.
 *
 * <p>Sums are those of {@link SocketRing}, bit by bit, since MPI leaves the order of its own to the library. MPI's functions that wait are
 * not used: a rank that doesn't answer is named, as in a ring of sockets, and all processes end. MPI begins with the first
 * communicator of a process and ends with the process.
 *
 * <p>{@code LANEWISE_MPI} names the library's file where another is to be used than the one that is found.
 */
public final class MpiCommunicator implements Communicator {
    private final Mpi mpi;
    private final Ring ring;
    private final MpiEnd end;
    private boolean closed;

    /**
     * How long a rank waits.
     *
     * @param silence without a sign of life of another rank, at least 3 s
     * @param patience in a call that another rank, which lives, does not come to; more than the longest time that ranks differ
     *     in computing, saving and reading data
     */
    public record Options(Duration silence, Duration patience) {
        /**
         * Checks the times.
         *
         * @throws CommunicationException if one is shorter than that
         */
        public Options {
            if (silence.compareTo(Duration.ofSeconds(3)) < 0 || !patience.isPositive()) {
                throw new CommunicationException("mpi: waits of " + silence + " and " + patience
                        + " (expected at least PT3S, and more than 0); check them");
            }
        }

        /** 15 s without a sign of life, 5 minutes in a call. */
        public Options() {
            this(Duration.ofSeconds(15), Duration.ofMinutes(5));
        }
    }

    private MpiCommunicator(Mpi mpi, Options options) {
        this.mpi = mpi;
        end = MpiEnd.of(mpi);
        int tag = end.begin();
        ring = mpi.size() == 1
                ? Ring.alone("mpi", options.silence, options.patience)
                : ring(mpi, tag, options, end::failed);
    }

    private static Ring ring(Mpi mpi, int tag, Options options, Runnable onFailure) {
        Map<Integer, Control> controls = new HashMap<>();
        for (int peer = mpi.rank() == 0 ? 1 : 0; peer < (mpi.rank() == 0 ? mpi.size() : 1); peer++) {
            controls.put(peer, new MpiControl(mpi, peer, tag + 1));
        }
        MpiLinks links = new MpiLinks(mpi, tag);
        Watch watch = new Watch(mpi.rank(), controls, options.silence, options.patience, () -> {
            links.close();
            onFailure.run();
        });
        return new Ring("mpi", mpi.rank(), mpi.size(), links, watch);
    }

    /**
     * The ranks that mpirun started, with the usual waits; all of them make this call.
     *
     * @return the communicator
     * @throws CommunicationException if there is no MPI, or this process was not started by its mpirun; the message says what to do
     */
    public static MpiCommunicator join() {
        return join(new Options());
    }

    /**
     * The ranks that mpirun started; all of them make this call.
     *
     * @param options how long to wait
     * @return the communicator
     * @throws CommunicationException if there is no MPI, or this process was not started by its mpirun; the message says what to do
     */
    public static MpiCommunicator join(Options options) {
        try {
            return new MpiCommunicator(Mpi.join(), options);
        } catch (MpiException e) {
            throw new CommunicationException("mpi: " + e.getMessage(), e);
        }
    }

    /** {@return the MPI library, with its version} */
    public String version() {
        return mpi.version();
    }

    /**
     * {@return how many ranks run on this machine, as their launcher tells; 1 if it does not} The cores are shared out between them
     * before a tensor is made.
     */
    public int localSize() {
        return Mpi.localSize().orElse(1);
    }

    /** What makes its calls. */
    Ring ring() {
        return ring;
    }

    @Override
    public int rank() {
        return mpi.rank();
    }

    @Override
    public int size() {
        return mpi.size();
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
        if (closed) {
            return;
        }
        closed = true;
        ring.close();
        end.closed();
    }
}
