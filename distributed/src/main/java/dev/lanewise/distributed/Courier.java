package dev.lanewise.distributed;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** The one thread that makes a communicator's calls, in the order in which they were ordered. */
final class Courier implements AutoCloseable {
    private final Communicator communicator;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("lanewise-courier").factory());
    private final AtomicLong nanos = new AtomicLong();
    private long waited;

    Courier(Communicator communicator) {
        this.communicator = communicator;
    }

    int rank() {
        return communicator.rank();
    }

    int size() {
        return communicator.size();
    }

    /** Orders a sum over all ranks. */
    Future<?> sum(MemorySegment data, DType type) {
        return order(() -> communicator.allReduce(data, type));
    }

    /** Whether numbers that are where a tensor is are summed there, by {@link #sum(Tensor)}. */
    boolean sumsOnDevice(Tensor tensor) {
        return communicator instanceof NcclCommunicator gpus && gpus.holds(tensor);
    }

    /** Orders a sum over all ranks on the device where a tensor is. */
    Future<?> sum(Tensor data) {
        NcclCommunicator gpus = (NcclCommunicator) communicator;
        return order(() -> gpus.allReduce(data));
    }

    /** Copies memory of a rank to all, and waits for it. */
    void broadcast(MemorySegment data, int root) {
        await(order(() -> communicator.broadcast(data, root)));
    }

    /** The sums of numbers over all ranks, ordered now and awaited when they are asked for. */
    Supplier<double[]> sums(double... mine) {
        MemorySegment data = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_DOUBLE, mine);
        Future<?> pending = sum(data, DType.F64);
        return () -> {
            await(pending);
            return data.toArray(ValueLayout.JAVA_DOUBLE);
        };
    }

    /** The numbers of every rank. */
    double[][] gather(double... mine) {
        double[] all = new double[mine.length * size()];
        System.arraycopy(mine, 0, all, mine.length * rank(), mine.length);
        double[] sums = sums(all).get();
        double[][] each = new double[size()][mine.length];
        for (int i = 0; i < size(); i++) {
            System.arraycopy(sums, i * mine.length, each[i], 0, mine.length);
        }
        return each;
    }

    private Future<?> order(Runnable call) {
        return thread.submit(() -> {
            long start = System.nanoTime();
            try {
                call.run();
            } finally {
                nanos.addAndGet(System.nanoTime() - start);
            }
        });
    }

    void await(Future<?> pending) {
        long start = System.nanoTime();
        try {
            pending.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CommunicationException cause) {
                // the caller's trace as well
                throw new CommunicationException(
                        Objects.requireNonNullElse(cause.getMessage(), "communication: failed"), cause);
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommunicationException("communication: interrupted", e);
        } finally {
            waited += System.nanoTime() - start;
        }
    }

    /** How long calls took, in seconds. */
    double seconds() {
        return nanos.get() / 1e9;
    }

    /** For how much of it the training waited. */
    double waitedSeconds() {
        return waited / 1e9;
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
