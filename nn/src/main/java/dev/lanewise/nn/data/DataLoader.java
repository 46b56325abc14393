package dev.lanewise.nn.data;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a data set in batches; the last one may be smaller. The next batch is made on a background thread, and
 * brought to its device, while one is in use. With shuffling, the order depends only on seed and epoch.
 *
 * <pre>{@code
 * for (Batch batch : loader.epoch(3)) { ... }
 * }</pre>
 */
public final class DataLoader {
    private final Dataset dataset;
    private final int batchSize;
    private final boolean shuffle;
    private final long seed;
    private final Device device;

    /**
     * A loader.
     *
     * @param batchSize how many samples a batch has, 1 or more
     * @param shuffle whether every epoch has an order of its own
     * @param seed decides the orders
     */
    public DataLoader(Dataset dataset, int batchSize, boolean shuffle, long seed) {
        this(dataset, batchSize, shuffle, seed, Device.CPU);
    }

    /**
     * A loader whose batches are on a device: the next batch is on its way there while one is in use.
     *
     * @param device where batches go, whatever device the data set makes them on
     */
    public DataLoader(Dataset dataset, int batchSize, boolean shuffle, long seed, Device device) {
        if (batchSize < 1) {
            throw new TensorException("data loader: batch size " + batchSize + " (expected 1 or more); check it");
        }
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.seed = seed;
        this.device = device;
    }

    /** The number of batches of an epoch. */
    public long batches() {
        return (dataset.size() + batchSize - 1) / batchSize;
    }

    /** The number of samples of an epoch. */
    public long samples() {
        return dataset.size();
    }

    /** The batches of one epoch. A batch belongs to the scope that is innermost when it is taken. */
    public Iterable<Batch> epoch(long epoch) {
        long[] order = order(epoch);
        return () -> new Batches(order);
    }

    private long[] order(long epoch) {
        long[] order = new long[Math.toIntExact(dataset.size())];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        if (shuffle) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L + epoch);
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                long swapped = order[i];
                order[i] = order[j];
                order[j] = swapped;
            }
        }
        return order;
    }

    private final class Batches implements Iterator<Batch> {
        private final long[] order;
        private int position;
        private @Nullable CompletableFuture<Batch> next;

        Batches(long[] order) {
            this.order = order;
            this.next = prefetch();
        }

        private @Nullable CompletableFuture<Batch> prefetch() {
            int size = Math.min(batchSize, order.length - position);
            if (size <= 0) {
                return null;
            }
            long[] indices = Arrays.copyOfRange(order, position, position + size);
            position += size;
            CompletableFuture<Batch> batch =
                    CompletableFuture.supplyAsync(() -> dataset.batch(indices), Thread.ofVirtual()::start);
            return device.isCpu() ? batch : batch.thenApplyAsync(this::moved, Mover.EXECUTOR);
        }

        private Batch moved(Batch batch) {
            try (Scope scope = Scope.open("prefetch")) {
                Tensor x = scope.keep(Scope.adopt(batch.x()).to(device));
                Tensor y = scope.keep(Scope.adopt(batch.y()).to(device));
                return new Batch(x, y);
            }
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public Batch next() {
            CompletableFuture<Batch> pending = next;
            if (pending == null) {
                throw new NoSuchElementException("the epoch has no more batches");
            }
            Batch batch = join(pending);
            next = prefetch();
            Scope.adopt(batch.x());
            Scope.adopt(batch.y());
            return batch;
        }

        private static Batch join(CompletableFuture<Batch> pending) {
            try {
                return pending.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw e;
            }
        }
    }

    /**
     * The thread that moves batches to devices. A device queues copies of one thread beside the work of others, so one
     * thread for all keeps it to one queue of copies.
     */
    private static final class Mover {
        static final Executor EXECUTOR = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("lanewise-prefetch").factory());
    }
}
