package dev.lanewise.distributed;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Collectives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands in for a library of devices: its ranks are threads, and its tensors are of the CPU. As with NCCL, entering a group waits for
 * all ranks, a call only queues, and what is queued waits for the other ranks' calls, for ever if they don't come.
 */
final class ThreadCollectives implements Collectives {
    private static final byte[] NAME = {1, 2, 3};

    private final AtomicInteger left = new AtomicInteger();
    private final AtomicInteger sums = new AtomicInteger();
    private final List<Tensor> tensors = new ArrayList<>();
    private int joined;
    private int refused = -1;
    private int leftOut = -1;

    /** Joining will fail on this rank. */
    synchronized void refuse(int rank) {
        refused = rank;
    }

    /** Calls of this rank fail from now on. */
    synchronized void leaveOut(int rank) {
        leftOut = rank;
    }

    int left() {
        return left.get();
    }

    /** How often F32 was summed. */
    int sums() {
        return sums.get();
    }

    @Override
    public byte[] newGroup() {
        return NAME.clone();
    }

    @Override
    public synchronized Group join(byte[] name, int rank, int size) {
        if (rank == refused || !Arrays.equals(name, NAME)) {
            throw new TensorException("Duplicate GPU detected");
        }
        joined++;
        notifyAll();
        try {
            while (joined < size) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return new Member(rank, size);
    }

    private final class Member implements Group {
        private final int rank;
        private final int size;
        private volatile boolean open = true;

        Member(int rank, int size) {
            this.rank = rank;
            this.size = size;
        }

        @Override
        public void allReduce(Tensor data) {
            if (data.dtype() == DType.F32) {
                sums.incrementAndGet();
            }
            queue(data, () -> {
                Tensor sum = tensors.getFirst().copy();
                tensors.subList(1, size).forEach(other -> sum.assign(sum.add(other)));
                tensors.forEach(tensor -> tensor.assign(sum));
            });
        }

        @Override
        public void broadcast(Tensor data, int root) {
            queue(data, () -> {
                Tensor sent = tensors.get(root).copy();
                tensors.forEach(tensor -> tensor.assign(sent));
            });
        }

        /** The last rank's call does the work of all. */
        private void queue(Tensor data, Runnable work) {
            synchronized (ThreadCollectives.this) {
                if (rank == leftOut) {
                    throw new TensorException("rank " + rank + " was left out");
                }
                while (tensors.size() < size) {
                    tensors.add(null);
                }
                tensors.set(rank, data);
                if (!tensors.contains(null)) {
                    work.run();
                    tensors.clear();
                }
            }
        }

        @Override
        public boolean isDone() {
            synchronized (ThreadCollectives.this) {
                if (!open) {
                    throw new TensorException("the group was closed");
                }
                return tensors.isEmpty() || tensors.get(rank) == null;
            }
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                left.incrementAndGet();
            }
        }
    }
}
