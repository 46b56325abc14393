package dev.lanewise.nn.data;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Iterates over a data set in batches; the last one may be smaller. The next batches are made on virtual threads, and
 * brought to their device, while one is in use. With shuffling, the order depends only on the seed and the epoch, and
 * is the same for any number of workers.
 *
 * <pre>{@code
 * for (Batch batch : loader.epoch(3)) { ... }
 * }</pre>
 *
 * <p>A sample that cannot be made ends the epoch with a {@link BadSampleException} that names it.
 */
public final class DataLoader {
    /**
     * How batches are made: by how many threads, how far ahead, and whether all have one size.
     *
     * @param workers how many batches are made at once; with 0 each is made by the thread that asks for it
     * @param prefetch how many batches are made ahead of the consumer, at least as many as there are workers
     * @param dropLast whether a last, smaller batch is left out
     */
    public record Options(int workers, int prefetch, boolean dropLast) {
        /**
         * Checks the numbers.
         *
         * @throws TensorException if {@code workers} is negative, or {@code prefetch} is less than that
         */
        public Options {
            if (workers < 0 || prefetch < workers) {
                throw new TensorException("data loader: " + workers + " workers, " + prefetch
                        + " batches ahead (expected 0 or more workers, and as many batches or more); check them");
            }
        }

        /** {@return one worker, one batch ahead: enough where samples are in memory} */
        public static Options defaults() {
            return new Options(1, 1, false);
        }

        /**
         * Several workers, each with two batches ahead: for samples that are read and decoded.
         *
         * @param workers how many threads, 1 or more
         * @return the options
         * @throws TensorException if the number of workers is negative
         */
        public static Options workers(int workers) {
            return new Options(workers, (int) Math.min(Integer.MAX_VALUE, 2L * workers), false);
        }
    }

    private final BatchSource source;
    private final int batchSize;
    private final Options options;
    private final Device device;
    private final Share share;

    /** What one of several processes takes: a part of every batch, or every so many-th batch. */
    private record Share(int rank, int ranks, boolean wholeBatches) {
        static final Share ALL = new Share(0, 1, true);

        /** The first sample, of a batch of this size, that belongs to a rank. */
        int start(int size, int rank) {
            return Math.toIntExact((long) size * rank / ranks);
        }
    }

    /**
     * A loader of all samples.
     *
     * @param dataset the source of the samples
     * @param batchSize how many samples a batch has, 1 or more
     * @param shuffle whether every epoch has a random order of its own
     * @param seed determines the orders
     */
    public DataLoader(Dataset dataset, int batchSize, boolean shuffle, long seed) {
        this(dataset, batchSize, shuffle, seed, Device.CPU);
    }

    /**
     * A loader of all samples whose batches are on a device: the next batch is on its way there while one is in use.
     *
     * @param dataset the source of the samples
     * @param batchSize how many samples a batch has, 1 or more
     * @param shuffle whether every epoch has a random order of its own
     * @param seed determines the orders
     * @param device the device that batches are moved to, whatever device the data set makes them on
     */
    public DataLoader(Dataset dataset, int batchSize, boolean shuffle, long seed, Device device) {
        this(
                dataset,
                batchSize,
                shuffle ? Sampler.shuffled(dataset.size(), seed) : Sampler.sequential(dataset.size()),
                Options.defaults(),
                device);
    }

    /**
     * A loader of chosen samples whose batches stay where the data set makes them.
     *
     * @param dataset the source of the samples
     * @param batchSize how many samples a batch has, 1 or more
     * @param sampler which samples an epoch has, and in which order
     * @param options how many threads read samples, and how far ahead
     */
    public DataLoader(Dataset dataset, int batchSize, Sampler sampler, Options options) {
        this(dataset, batchSize, sampler, options, Device.CPU);
    }

    /**
     * A loader with all its options.
     *
     * @param dataset the source of the samples
     * @param batchSize how many samples a batch has, 1 or more
     * @param sampler which samples an epoch has
     * @param options how many threads read samples, and how far ahead
     * @param device the device that batches are moved to; with {@link Device#CPU} they stay where the data set makes
     *     them
     */
    public DataLoader(Dataset dataset, int batchSize, Sampler sampler, Options options, Device device) {
        this(new SampledBatches(dataset, sampler), batchSize, options, device, Share.ALL);
    }

    /**
     * A loader of samples that come one after the other. One thread reads them; the next batch is made while one is in
     * use. The samples that precede a position which training resumes from are read and dropped. A stream that is left
     * before its end is closed once the iterator is unreachable.
     *
     * @param <T> what a sample is
     * @param dataset the samples, in the order in which batches have them
     * @param batchSize how many samples a batch has, 1 or more
     * @param collate makes a batch of samples, on a background thread; of the tensors that it makes, only those of the
     *     result are kept
     */
    public <T> DataLoader(IterableDataset<T> dataset, int batchSize, Function<List<T>, Batch> collate) {
        this(dataset, batchSize, collate, false, Device.CPU);
    }

    /**
     * A loader of samples that come one after the other, with all its options.
     *
     * @param <T> what a sample is
     * @param dataset the samples, in the order in which batches have them
     * @param batchSize how many samples a batch has, 1 or more
     * @param collate makes a batch of samples, on a background thread; of the tensors that it makes, only those of the
     *     result are kept
     * @param dropLast whether a last, smaller batch is left out
     * @param device the device that batches are moved to
     */
    public <T> DataLoader(
            IterableDataset<T> dataset,
            int batchSize,
            Function<List<T>, Batch> collate,
            boolean dropLast,
            Device device) {
        // One batch ahead at a time: samples can only be read in order.
        this(new StreamedBatches<>(dataset, collate), batchSize, new Options(1, 1, dropLast), device, Share.ALL);
    }

    private DataLoader(BatchSource source, int batchSize, Options options, Device device, Share share) {
        if (batchSize < 1) {
            throw new TensorException("data loader: batch size " + batchSize + " (expected 1 or more); check it");
        }
        if (options.dropLast && source.samples() > 0 && source.samples() < batchSize) {
            throw new TensorException("data loader: " + source.samples() + " samples make no batch of " + batchSize
                    + " where the last, smaller one is dropped (expected as many samples or more); take smaller"
                    + " batches, or keep the last one");
        }
        this.source = source;
        this.batchSize = batchSize;
        this.options = options;
        this.device = Objects.requireNonNull(device, "device");
        this.share = share;
    }

    /**
     * This loader as one of several processes uses it that train together: of every batch it takes its contiguous part, in the
     * order of the ranks, so that all parts together are the batch. {@link #batches}, {@link #batchSize} and {@link #samples}
     * still are those of all.
     *
     * @param rank the number of this process, from 0
     * @param ranks how many there are
     * @return the loader of a part
     * @throws TensorException if a batch has fewer samples than there are processes, or the rank is not one of theirs
     */
    public DataLoader part(int rank, int ranks) {
        checkRank("part", rank, ranks);
        long last = source.samples() % batchSize == 0 || options.dropLast ? batchSize : source.samples() % batchSize;
        if (last < ranks) {
            throw new TensorException("data loader: the last batch of an epoch has " + last + " samples for " + ranks
                    + " ranks (expected one or more for each); leave it out by dropLast, or take another batch size");
        }
        return new DataLoader(source, batchSize, options, device, new Share(rank, ranks, false));
    }

    /**
     * This loader as one of several processes uses it that measure together: it takes whole batches, of each {@code ranks} in a
     * row the one at its number. {@link #batches} and {@link #samples} still are those of all.
     *
     * @param rank the number of this process, from 0
     * @param ranks how many there are
     * @return the loader of some of the batches
     * @throws TensorException if the rank is not from 0 to below the number of processes
     */
    public DataLoader every(int rank, int ranks) {
        checkRank("every", rank, ranks);
        return new DataLoader(source, batchSize, options, device, new Share(rank, ranks, true));
    }

    private static void checkRank(String method, int rank, int ranks) {
        if (rank < 0 || rank >= ranks) {
            throw new TensorException("data loader: " + method + ": rank " + rank + " of " + ranks
                    + " (expected one or more ranks, and one from 0 to below their number); pass the communicator's");
        }
    }

    /** {@return how many samples a batch has, except possibly an epoch's last one} */
    public int batchSize() {
        return batchSize;
    }

    /** {@return the number of batches of an epoch} */
    public long batches() {
        return options.dropLast ? source.samples() / batchSize : (source.samples() + batchSize - 1) / batchSize;
    }

    /** {@return the number of samples of an epoch} */
    public long samples() {
        return options.dropLast ? batches() * batchSize : source.samples();
    }

    /**
     * The batches of one epoch. A batch belongs to the scope that is innermost when it is taken.
     *
     * @param epoch the number of the epoch, which determines its order
     * @return the batches in order; they can be iterated over once
     */
    public Iterable<Batch> epoch(long epoch) {
        return epoch(epoch, 0);
    }

    /**
     * The batches of one epoch from a given one on, as after an interruption; those before it are not made.
     *
     * @param epoch the number of the epoch, which determines its order
     * @param firstBatch how many batches to skip, from 0 to {@link #batches}
     * @return the batches in order; they can be iterated over once
     * @throws TensorException if the epoch has no such batch
     */
    public Iterable<Batch> epoch(long epoch, long firstBatch) {
        if (firstBatch < 0 || firstBatch > batches()) {
            throw new TensorException("data loader: batch " + firstBatch + " of " + batches()
                    + " (expected 0 to that); was the position saved with other data?");
        }
        long first = firstBatch * batchSize;
        return () -> new Batches(source.epoch(epoch, first), samples() - first);
    }

    private final class Batches implements Iterator<Batch> {
        private final BatchSource.Epoch epoch;
        private final Deque<CompletableFuture<Batch>> ahead = new ArrayDeque<>();
        private final Semaphore working = new Semaphore(options.workers);
        private long left;

        Batches(BatchSource.Epoch epoch, long left) {
            this.epoch = epoch;
            this.left = left;
            if (share.wholeBatches) {
                skip(share.rank);
            }
            prefetch();
        }

        private void prefetch() {
            while (ahead.size() < options.prefetch && left > 0) {
                Supplier<Batch> task = nextTask();
                CompletableFuture<Batch> batch =
                        CompletableFuture.supplyAsync(() -> work(task), Thread.ofVirtual()::start);
                ahead.add(device.isCpu() ? batch : batch.thenApplyAsync(this::moved, Mover.EXECUTOR));
            }
        }

        private Batch work(Supplier<Batch> task) {
            working.acquireUninterruptibly();
            try {
                return task.get();
            } finally {
                working.release();
            }
        }

        private Supplier<Batch> nextTask() {
            int size = (int) Math.min(batchSize, left);
            left -= size;
            if (share.wholeBatches) {
                Supplier<Batch> batch = epoch.next(size);
                skip(share.ranks - 1);
                return batch;
            }
            int from = share.start(size, share.rank);
            int to = share.start(size, share.rank + 1);
            epoch.skip(from);
            Supplier<Batch> part = epoch.next(to - from);
            epoch.skip(size - to);
            return part;
        }

        private void skip(int batches) {
            long samples = Math.min(left, (long) batches * batchSize);
            epoch.skip(samples);
            left -= samples;
        }

        private Batch moved(Batch batch) {
            try (Scope scope = Scope.open("prefetch")) {
                Batch there = batch.map(tensor -> Scope.adopt(tensor).to(device));
                scope.keepAll(there.tensors());
                return there;
            }
        }

        @Override
        public boolean hasNext() {
            return !ahead.isEmpty() || left > 0;
        }

        @Override
        public Batch next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the epoch has no more batches");
            }
            if (ahead.isEmpty()) {
                Batch batch = nextTask().get();
                return device.isCpu() ? batch : moved(batch);
            }
            Batch batch = join(ahead.remove());
            prefetch();
            batch.tensors().forEach(Scope::adopt);
            return batch;
        }

        private static Batch join(CompletableFuture<Batch> pending) {
            try {
                return pending.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                // out of memory, a failed assertion: as if the caller's thread had met it
                if (e.getCause() instanceof Error cause) {
                    throw cause;
                }
                throw e;
            }
        }
    }

    /**
     * The thread that moves batches to devices. A device runs the copies of one thread alongside the work of others, so
     * a single thread for all loaders keeps it to one queue of copies.
     */
    private static final class Mover {
        static final Executor EXECUTOR = executor();

        /**
         * Its thread ends when nothing has been moved for a while, and keeps no reference to anything of the thread
         * that started it.
         */
        private static Executor executor() {
            ThreadPoolExecutor executor =
                    new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                        Thread thread = Thread.ofPlatform()
                                .daemon()
                                .name("lanewise-prefetch")
                                .inheritInheritableThreadLocals(false)
                                .unstarted(task);
                        thread.setContextClassLoader(null);
                        return thread;
                    });
            executor.allowCoreThreadTimeOut(true);
            return executor;
        }
    }
}
