package dev.lanewise.nn.data;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a data set in batches; the last one may be smaller. The next batch is made on a background thread while
 * one is in use. With shuffling, the order depends only on seed and epoch.
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

    /**
     * A loader.
     *
     * @param batchSize how many samples a batch has, 1 or more
     * @param shuffle whether every epoch has an order of its own
     * @param seed decides the orders
     */
    public DataLoader(Dataset dataset, int batchSize, boolean shuffle, long seed) {
        if (batchSize < 1) {
            throw new TensorException("data loader: batch size " + batchSize + " (expected 1 or more); check it");
        }
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.seed = seed;
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
        return epoch(epoch, 0);
    }

    /**
     * What is left of an epoch after its first batches, which are not made.
     *
     * @param done how many batches to leave out
     */
    public Iterable<Batch> epoch(long epoch, long done) {
        long[] order = order(epoch);
        int from = Math.toIntExact(Math.min(order.length, done * batchSize));
        return () -> {
            dataset.epoch(epoch);
            return new Batches(order, from);
        };
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

        Batches(long[] order, int from) {
            this.order = order;
            this.position = from;
            this.next = prefetch();
        }

        private @Nullable CompletableFuture<Batch> prefetch() {
            int size = Math.min(batchSize, order.length - position);
            if (size <= 0) {
                return null;
            }
            long[] indices = Arrays.copyOfRange(order, position, position + size);
            position += size;
            return CompletableFuture.supplyAsync(() -> dataset.batch(indices), Thread.ofVirtual()::start);
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
}
