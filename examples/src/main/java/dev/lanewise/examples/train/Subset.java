package dev.lanewise.examples.train;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Some samples of a data set.
 *
 * @param chosen their numbers
 */
record Subset(Dataset dataset, long[] chosen) implements Dataset {
    /** The given number of samples drawn at random, or all if there are no more. */
    static Dataset of(Dataset dataset, long count) {
        if (count >= dataset.size()) {
            return dataset;
        }
        return new Subset(dataset, chosen(dataset.size(), count));
    }

    /** The numbers of those samples of a data set of a size. */
    static long[] chosen(long size, long count) {
        return count >= size
                ? LongStream.range(0, size).toArray()
                : new SplittableRandom(0).longs(0, size).distinct().limit(count).toArray();
    }

    @Override
    public long size() {
        return chosen.length;
    }

    @Override
    public void epoch(long number) {
        dataset.epoch(number);
    }

    @Override
    public Batch batch(long[] indices) {
        return dataset.batch(
                Arrays.stream(indices).map(i -> chosen[Math.toIntExact(i)]).toArray());
    }
}
