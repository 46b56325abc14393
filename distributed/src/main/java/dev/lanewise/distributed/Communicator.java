package dev.lanewise.distributed;

import dev.lanewise.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Lets processes exchange numbers. Each process has a rank, from 0 to {@link #size} - 1. All ranks make the same calls in the
 * same order; a call returns when this rank has its result. Used by one thread at a time.
 *
 * <p>When a rank ends, fails or hangs, calls of the others throw a {@link CommunicationException} that names it, and the
 * communicator can't be used any more.
 */
public interface Communicator extends AutoCloseable {
    /** {@return the number of this process, from 0} */
    int rank();

    /** {@return how many processes there are} */
    int size();

    /**
     * Replaces numbers by their sums over all ranks. All ranks get the same bits, and for the same numbers and the same number
     * of ranks these bits are the same in every run.
     *
     * @param data native memory, as large on every rank, in native byte order
     * @param type F32 or F64
     * @throws CommunicationException if a rank is lost or makes another call
     */
    void allReduce(MemorySegment data, DType type);

    /**
     * Copies memory of one rank to all others.
     *
     * @param data native memory, as large on every rank
     * @param root the rank whose bytes all get
     * @throws CommunicationException if a rank is lost or makes another call
     */
    void broadcast(MemorySegment data, int root);

    /**
     * Returns when all ranks have called it.
     *
     * @throws CommunicationException if a rank is lost or makes another call
     */
    void barrier();

    /**
     * Ends the communication because this rank can't go on: the others' calls fail with this reason. Does nothing if the
     * communication has ended already.
     *
     * @param reason what went wrong, in one line
     */
    void abort(String reason);

    /** Leaves: after the last call, when nothing went wrong. */
    @Override
    void close();
}
