package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Tensor;

/** A library by which devices of several processes exchange numbers, one device for each process (NCCL, for example). */
public interface Collectives {
    /**
     * A name for a new group of processes: one of them makes it, and all pass it to {@link #join}.
     *
     * @return the bytes of the name
     */
    byte[] newGroup();

    /**
     * Enters a group. All of its processes make this call, which returns when they have.
     *
     * @param name what {@link #newGroup} gave one of them
     * @param rank the number of this process, from 0
     * @param size how many processes there are
     * @return this process's place in the group
     * @throws dev.lanewise.tensor.TensorException if the library refuses, for example two processes with the same device
     */
    Group join(byte[] name, int rank, int size);

    /**
     * A process's place in a group. Calls are queued as operations are, in the order of the calling thread's work, and all
     * processes make the same ones in the same order; one thread at a time makes them, but any may close.
     */
    interface Group extends AutoCloseable {
        /**
         * Replaces numbers by their sums over all processes.
         *
         * @param data a contiguous tensor of this device, F32 or F64, of the same size in every process
         */
        void allReduce(Tensor data);

        /**
         * Replaces the bytes of a tensor by those of one process.
         *
         * @param data a contiguous tensor of this device, of the same size in every process
         * @param root the process whose bytes all get
         */
        void broadcast(Tensor data, int root);

        /**
         * {@return whether all that was queued has been done}
         *
         * @throws dev.lanewise.tensor.TensorException if some of it failed, or the group was closed
         */
        boolean isDone();

        /**
         * Leaves at once, and gives up what is queued: for when a process was lost for which it would wait, or when all
         * processes have done everything.
         */
        @Override
        void close();
    }
}
