package dev.lanewise.nn.data;

import dev.lanewise.tensor.TensorException;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Samples that come one after the other, for what is too large for memory or has no numbers to ask for: long files,
 * queries, generators. A {@link DataLoader} makes batches of them.
 *
 * <p>{@snippet :
 * IterableDataset<Row> rows = Rows.csv(file).shard(rank, ranks).shuffle(10_000, seed);
 * DataLoader loader = new DataLoader(rows, 256, chunk -> encode(Table.of(chunk)));
 * }
 *
 * @param <T> what a sample is
 */
public interface IterableDataset<T> {
    /** {@return how many samples an epoch has; {@link #epoch} gives exactly as many} */
    long size();

    /**
     * The samples of one epoch. The stream is read by one thread at a time, from first to last, and closed afterwards.
     *
     * @param number the number of the epoch; the same number gives the same samples in the same order
     * @return the samples
     */
    Stream<T> epoch(long number);

    /**
     * Samples from any source.
     *
     * @param <T> what a sample is
     * @param size how many samples an epoch has
     * @param epochs the samples of the epoch of a given number
     * @return the data set
     */
    static <T> IterableDataset<T> of(long size, Function<Long, Stream<T>> epochs) {
        Objects.requireNonNull(epochs, "epochs");
        if (size < 0) {
            throw new TensorException("iterable dataset: " + size + " samples (expected 0 or more); check the size");
        }
        return new IterableDataset<>() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public Stream<T> epoch(long number) {
                return epochs.apply(number);
            }
        };
    }

    /**
     * These samples, changed one by one.
     *
     * @param <R> what a sample becomes
     * @param change what is done to a sample
     * @return the changed samples
     */
    default <R> IterableDataset<R> map(Function<? super T, ? extends R> change) {
        Objects.requireNonNull(change, "change");
        return of(size(), number -> epoch(number).map(change));
    }

    /**
     * These samples in another order, through a buffer: whenever it is full, a sample drawn from it comes next and the
     * next of this data set takes its place. With a buffer of as many samples as there are, every order is equally
     * likely; with a smaller one, a sample comes at most that many places early.
     *
     * @param buffer how many samples are held in memory, 1 or more; 1 leaves the order as it is
     * @param seed determines the orders; the same seed gives the same orders, another one for each epoch
     * @return the shuffled samples
     */
    default IterableDataset<T> shuffle(int buffer, long seed) {
        if (buffer < 1) {
            throw new TensorException("shuffle: a buffer of " + buffer + " (expected 1 or more); check it");
        }
        return of(size(), number -> {
            Stream<T> source = epoch(number);
            return ShuffleBuffer.stream(source, buffer, seed * 0x9E3779B97F4A7C15L + number);
        });
    }

    /**
     * One of several equal parts of these samples, for processes that train together: of every {@code shards} samples
     * in a row, the one at place {@code index}. Parts are of equal size; up to {@code shards - 1} samples at the end
     * are in none, so that all processes make as many steps. Take the part before {@link #shuffle}.
     *
     * @param index which part, from 0
     * @param shards how many parts there are
     * @return the part
     */
    default IterableDataset<T> shard(int index, int shards) {
        if (shards < 1 || index < 0 || index >= shards) {
            throw new TensorException(
                    "shard: part " + index + " of " + shards + " (expected 0 to that, less 1); check both");
        }
        long part = size() / shards;
        return of(part, number -> {
            Stream<T> source = epoch(number);
            Iterator<T> all = source.iterator();
            return Stream.generate(() -> {
                        skip(all, index);
                        T chosen = all.next();
                        skip(all, shards - 1 - index);
                        return chosen;
                    })
                    .limit(part)
                    .onClose(source::close);
        });
    }

    /**
     * {@return the first samples of this data set, fewer if it has fewer}
     *
     * @param most how many samples an epoch has at most
     */
    default IterableDataset<T> limit(long most) {
        return of(Math.min(most, size()), number -> epoch(number).limit(most));
    }

    private static void skip(Iterator<?> samples, int count) {
        for (int i = 0; i < count; i++) {
            samples.next();
        }
    }
}
