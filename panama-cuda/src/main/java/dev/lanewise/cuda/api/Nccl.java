package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;

/**
 * NCCL: collectives between GPUs. Every method throws {@link CudaException} where NCCL reports an error. A context must be current
 * on the thread that joins a group or leaves it.
 */
public interface Nccl {
    /** A process's place in a group. */
    record Comm(MemorySegment address) {}

    /** NCCL of this machine. */
    static Nccl open() {
        Libraries.require(NativeLibrary.NCCL);
        return new NativeNccl();
    }

    /** The library's version. */
    Version version();

    /** A name for a group of ranks, made by one of them and sent to the others: 128 bytes. */
    byte[] uniqueId();

    /** Enters a group with the current context's device; returns when all ranks have. */
    Comm join(byte[] uniqueId, int size, int rank);

    /** Queues a sum over all ranks, in place. */
    void allReduce(Comm comm, long address, long count, DataType type, Driver.Stream stream);

    /** Queues a copy of the root's bytes to all ranks, in place. */
    void broadcast(Comm comm, long address, long bytes, int root, Driver.Stream stream);

    /** Throws what went wrong with work that was queued. */
    void check(Comm comm);

    /**
     * Leaves a group and gives up its work. Other than {@code ncclCommDestroy} it never waits for other ranks, and for a group
     * whose work is done it does the same.
     */
    void abort(Comm comm);
}
